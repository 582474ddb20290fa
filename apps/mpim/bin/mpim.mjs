#!/usr/bin/env node
// The launcher: plain JavaScript that any Node from 18 on can read. MPIM itself is TypeScript run by Node 24;
// when the Node on the PATH is older, the one installed with the dependencies takes over.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NODE_MAJOR = 24;
const home = dirname(dirname(fileURLToPath(import.meta.url)));
const root = dirname(dirname(home));
const nodeModules = join(root, 'node_modules');
const main = join(home, 'src', 'main.ts');

if (!existsSync(join(nodeModules, 'commander'))) {
  console.error(`mpim: not set up yet. Run this once: cd ${root} && npm run setup`);
  process.exit(1);
}

if (Number.parseInt(process.versions.node, 10) >= NODE_MAJOR) {
  // Here already: main.ts, too, is then read as it was compiled, and Node's TypeScript compiler is not loaded at all.
  const { enableCompileCache } = await import('node:module');
  enableCompileCache(join(nodeModules, '.cache', 'mpim', 'compiled'));
  await import(main);
} else {
  const node = join(nodeModules, '.bin', 'node');
  if (!existsSync(node)) {
    console.error(
      `mpim: Node ${NODE_MAJOR} or newer is needed, this is ${process.version}, and none came with the dependencies.\n` +
        `Install it from https://nodejs.org/ or run: cd ${root} && npm run setup`,
    );
    process.exit(1);
  }
  const flags = ['--disable-warning=ExperimentalWarning'];
  const child = spawn(node, [...flags, main, ...process.argv.slice(2)], { stdio: 'inherit' });
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  const forward = (signal) => child.kill(signal);
  for (const signal of signals) process.on(signal, forward);
  child.once('error', (cause) => {
    console.error(`mpim: ${node} could not be started: ${cause.message}`);
    process.exit(1);
  });
  child.once('exit', (code, signal) => {
    for (const name of signals) process.off(name, forward);
    if (signal) process.kill(process.pid, signal);
    else process.exit(code ?? 1);
  });
}

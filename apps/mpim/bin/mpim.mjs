#!/usr/bin/env node
// The launcher: plain JavaScript that any Node from 18 on can read. MPIM itself is TypeScript run by Node 24.7 or
// newer (the first with Argon2), or, in the installed package, what was compiled of it; when the Node on the PATH is older, one that was installed
// with the dependencies takes over.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const OLDEST_NODE = { major: 24, minor: 7 };
/** By then what a command needs is compiled, and nobody waits for it any more. */
const COMPILED_KEPT_AFTER_MS = 3000;
const home = dirname(dirname(fileURLToPath(import.meta.url)));
const root = dirname(dirname(home));
const nodeModules = join(root, 'node_modules');
const compiled = join(home, 'dist', 'main.js');
const isPackage = existsSync(compiled);
const main = isPackage ? compiled : join(home, 'src', 'main.ts');

if (!isPackage && !existsSync(join(nodeModules, 'commander'))) {
  console.error(`mpim: not set up yet. Run this once: cd ${root} && npm run setup`);
  process.exit(1);
}

const [major, minor] = process.versions.node.split('.').map(Number);
if (major > OLDEST_NODE.major || (major === OLDEST_NODE.major && minor >= OLDEST_NODE.minor)) {
  // Here already: main.ts, too, is then read as it was compiled, and Node's TypeScript compiler is not loaded at all.
  const { enableCompileCache, flushCompileCache } = await import('node:module');
  enableCompileCache(join(nodeModules, '.cache', 'mpim', 'compiled'));
  // Not only at its end, which may be by kill -9: the next start takes half the time.
  setTimeout(flushCompileCache, COMPILED_KEPT_AFTER_MS).unref();
  await import(pathToFileURL(main).href);
} else {
  const node = join(nodeModules, '.bin', 'node');
  if (!existsSync(node)) {
    console.error(
      `mpim: Node ${OLDEST_NODE.major}.${OLDEST_NODE.minor} or newer is needed, this is ${process.version}, and none came with the dependencies.\n` +
        `Install it from https://nodejs.org/${isPackage ? '' : ` or run: cd ${root} && npm run setup`}`,
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

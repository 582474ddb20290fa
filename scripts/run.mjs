#!/usr/bin/env node
/**
 * What package.json's scripts call: brings the checkout to a state that can run (installs, builds the page), then
 * does the named thing with the workspace's own Node. Plain JavaScript: it runs on the Node that is there, from 18 on,
 * with nothing installed.
 */
import { join } from 'node:path';
import { endLike, run } from './lib/child.mjs';
import { Failure } from './lib/failure.mjs';
import { NODE_FLAGS } from './lib/node.mjs';
import { packCommand } from './lib/pack.mjs';
import { root } from './lib/paths.mjs';
import { setup } from './lib/setup.mjs';
import { runSuites } from './lib/suites.mjs';
import { test } from './lib/test.mjs';

const runTypeScript = async (node, file, args) =>
  endLike(await run(node, [...NODE_FLAGS, join(root, file), ...args]));

const commands = {
  setup: async () => {
    await setup();
    console.log('Ready: npm start');
  },
  start: async (args) =>
    runTypeScript(await setup({ web: 'wanted' }), 'apps/mpim/src/main.ts', ['up', ...args]),
  pack: async (args) => packCommand(await setup(), args),
  bench: async (args) => runTypeScript(await setup({ web: 'unused' }), 'bench/src/main.ts', args),
  test: async (args) => {
    const node = await setup();
    // With arguments: only the suites they select.
    if (args.length === 0) await test(node);
    else endLike(await runSuites(node, args, { long: false }));
  },
  'test:long': async (args) => endLike(await runSuites(await setup(), args, { long: true })),
};

const [name, ...args] = process.argv.slice(2);
const command = Object.hasOwn(commands, name ?? '') ? commands[name] : undefined;
if (!command) {
  console.error(`usage: node scripts/run.mjs <${Object.keys(commands).join('|')}> [arguments]`);
  process.exit(2);
}
try {
  await command(args);
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  console.error(error.message);
  process.exit(error.exitCode);
}

import { join } from 'node:path';
import { run } from './child.mjs';
import { Failure } from './failure.mjs';
import { NODE_FLAGS } from './node.mjs';
import { bin, root } from './paths.mjs';
import { checkProtocol } from './protocol.mjs';
import { runSuites } from './suites.mjs';

/** Installs Apache ZooKeeper, Chromium and the like where that is possible. */
const INSTALL_PARTS = join(root, 'packages', 'testkit', 'src', 'install-parts.ts');

async function tool(name, args, remedy) {
  const ended = await run(join(bin, name), args);
  if (ended.signal) throw new Failure(`Stopped by ${ended.signal}.`, 130);
  if (ended.code !== 0) throw new Failure(remedy);
}

async function installParts(node) {
  const { code } = await run(node, [...NODE_FLAGS, INSTALL_PARTS]);
  if (code !== 0) throw new Failure('What the suites need could not be installed; see above.');
}

/** The whole check, in the order that fails fastest. Each step throws a Failure that says what to do. */
function steps(node) {
  return [
    {
      name: 'format and lint',
      run: () => tool('biome', ['check'], 'npm run format mends most of it.'),
    },
    { name: 'types', run: () => tool('tsc', ['-b'], 'The types do not check; see above.') },
    { name: 'generated protocol', run: () => checkProtocol() },
    { name: 'real parts', run: () => installParts(node) },
    {
      name: 'suites',
      run: async () => {
        const ended = await runSuites(node, [], { long: false });
        if (ended.signal) throw new Failure(`Stopped by ${ended.signal}.`, 130);
        if (ended.code !== 0) throw new Failure('Tests failed; the list is above.');
      },
    },
  ];
}

/** Runs every step, also after a failed one, and fails at the end with the list of what failed. */
export async function test(node) {
  const failed = [];
  for (const step of steps(node)) {
    const began = Date.now();
    console.log(`\n== ${step.name}`);
    try {
      await step.run();
      console.log(`== ${step.name}: good (${((Date.now() - began) / 1000).toFixed(1)} s)`);
    } catch (error) {
      if (!(error instanceof Failure) || error.exitCode === 130) throw error;
      console.error(`== ${step.name}: FAILED. ${error.message}`);
      failed.push(step.name);
    }
  }
  if (failed.length > 0) throw new Failure(`\nnpm test failed at: ${failed.join(', ')}.`);
  console.log('\nAll good.');
}

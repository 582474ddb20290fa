import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { ZooKeeperServer } from '@mpim/zookeeper-server';

const root = join(import.meta.dirname, '../../..');
const PAGES = [
  'packages/zookeeper/README.md',
  'docs/migrate-from-node-zookeeper-client.md',
  'docs/migrate-from-npm-zookeeper.md',
];
/** Where the examples say that their ZooKeeper is. */
const ADDRESS = '127.0.0.1:2181';
const BLOCK = /^```ts\n(.*?)^```$/gms;
/** What a line prints, as the comment at its end has it. */
const PROMISE = /console\.log\(.*\/\/ (.+)$/gm;

describe('examples in the documentation', { concurrency: true }, () => {
  for (const page of PAGES) {
    it(`${page} runs, and prints what its comments say`, async () => {
      const text = await readFile(join(root, page), 'utf8');
      const blocks = [...text.matchAll(BLOCK)].map(([, code = '']) => code);
      // What imports nothing is a piece of a program.
      const examples = blocks.filter((code) => code.startsWith('import '));
      assert.ok(examples.length > 0, 'no example');
      for (const example of examples) {
        const promised = [...example.matchAll(PROMISE)].map(([, output = '']) => output);
        assert.ok(promised.length > 0, 'it says nothing about what it prints');
        await using server = await ZooKeeperServer.start();
        const code = example.replaceAll(ADDRESS, server.connectString);
        assert.notEqual(code, example, `it is for another server than ${ADDRESS}`);
        const printed = await run(code);
        let from = 0;
        for (const line of promised) {
          const at = printed.indexOf(line, from);
          assert.ok(at >= 0, `not printed: ${line}\nbut:\n${printed.join('\n')}`);
          from = at + 1;
        }
      }
    });
  }
});

/** The lines that a program in TypeScript prints; it must end by itself, and well. */
async function run(code: string): Promise<string[]> {
  const flags = ['--input-type=module-typescript', '--disable-warning=ExperimentalWarning'];
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, '--eval', code], {
    cwd: import.meta.dirname,
    timeout: 30_000,
  });
  return stdout.split('\n');
}

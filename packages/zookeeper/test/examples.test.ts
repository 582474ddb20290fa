import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { ZooKeeperServer } from '@mpim/zookeeper-server';

const root = join(import.meta.dirname, '../../..');
/**
 * The pages, and what they show. A block of TypeScript that imports something is a program: it runs here, against a
 * server of its own, and prints what its comments promise. One that does not is a fragment, which cannot run: it
 * promises nothing, and is at least TypeScript. `other` are programs of other clients, the "before" of a page.
 */
const PAGES = {
  'packages/zookeeper/README.md': { programs: 1, fragments: 2, other: 0 },
  'docs/migrate-from-curator.md': { programs: 1, fragments: 0, other: 1 },
  'docs/migrate-from-node-zookeeper-client.md': { programs: 1, fragments: 0, other: 1 },
  'docs/migrate-from-npm-zookeeper.md': { programs: 1, fragments: 0, other: 1 },
};
/** Pages whose examples another test runs. */
const ELSEWHERE = new Set(['docs/your-first-service.md']);
/** Where the examples say that their ZooKeeper is. */
const ADDRESS = '127.0.0.1:2181';
const BLOCK = /^```ts\n(.*?)^```$/gms;
/** Any line that begins or ends a block, whatever its language and however it is indented or fenced. */
const FENCE = /^[ >\t]*(?:```|~~~)(.*)$/gm;
/** What a line prints, as the comment at its end has it. */
const PROMISE = /console\.log\(.*\/\/ (.+)$/gm;

describe('examples in the documentation', { concurrency: true }, () => {
  for (const [page, expected] of Object.entries(PAGES)) {
    it(`${page} runs, and prints what its comments say`, async () => {
      const text = await readFile(join(root, page), 'utf8');
      const blocks = [...text.matchAll(BLOCK)].map(([, code = '']) => code);
      const examples = blocks.filter((code) => /^import\b/m.test(code));
      const fragments = blocks.filter((code) => !examples.includes(code));
      const fences = [...text.matchAll(FENCE)].length;
      const found = {
        programs: examples.length,
        fragments: fragments.length,
        other: fences / 2 - blocks.length,
      };
      assert.deepEqual(found, expected, 'count the blocks of the page anew');
      for (const fragment of fragments) {
        assert.doesNotMatch(fragment, PROMISE, 'it must import what it needs to keep its promise');
        stripTypeScriptTypes(fragment);
      }
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

it('no page about the client escapes', async () => {
  const folders = ['docs', 'packages/zookeeper'];
  const files = await Promise.all(
    folders.map(async (folder) =>
      (await readdir(join(root, folder))).map((name) => `${folder}/${name}`),
    ),
  );
  const pages = files.flat().filter((name) => name.endsWith('.md') && !ELSEWHERE.has(name));
  const imports = /^\s*import .* from '@mpim\/zookeeper'/m;
  const showing = [];
  for (const page of pages) {
    if (imports.test(await readFile(join(root, page), 'utf8'))) showing.push(page);
  }
  assert.deepEqual(showing.sort(), Object.keys(PAGES).sort());
});

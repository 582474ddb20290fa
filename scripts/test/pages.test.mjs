import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { packagePages } from '../lib/pages.mjs';

let root;
const write = (file, text) => {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), text);
};

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'mpim-pages-'));
  write('CHANGELOG.md', '[why](docs/why.md), [else](docs/else.md)');
  write('docs/why.md', '[more](decisions/more.md#part), [back](../packages/one/README.md#top)');
  write('docs/decisions/more.md', '[out](../../bench/README.md) [up](../why.md)');
  write('docs/else.md', 'nobody leads here');
});
afterEach(() => rmSync(root, { recursive: true }));

test('pages that the README leads to come along, and every link fits', () => {
  write(
    'packages/one/README.md',
    '[why](../../docs/why.md), [web](https://example.org), [here](#top)',
  );
  assert.deepEqual(Object.fromEntries(packagePages(root, 'packages/one')), {
    'README.md': '[why](docs/why.md), [web](https://example.org), [here](#top)',
    'docs/why.md': '[more](decisions/more.md#part), [back](../README.md#top)',
    'docs/decisions/more.md': 'out [up](../why.md)',
    'CHANGELOG.md': '[why](docs/why.md), else',
  });
});

test('a link to another package leaves its text, and code is no link', () => {
  const code = '`all[name](it)`\n```ts\nall[name](it)\n```\n';
  write('packages/one/README.md', `see [the \`other\`](../two/README.md)\n${code}`);
  const page = packagePages(root, 'packages/one').get('README.md');
  assert.equal(page, `see the \`other\`\n${code}`);
});

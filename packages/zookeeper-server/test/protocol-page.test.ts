import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

const PAGE = new URL('../../../docs/zookeeper-server-protocol.md', import.meta.url);

test('every test that the page of the protocol names is there', async () => {
  const page = await readFile(PAGE, 'utf8');
  const named = [...page.matchAll(/`([\w/-]+\.test\.ts)`: (.+?)(?= · | +\|$)/gm)];
  assert.ok(named.length > 50, `${named.length} are named`);
  for (const [, file = '', title = ''] of named) {
    const source = await readFile(new URL(file, import.meta.url), 'utf8');
    assert.ok(new RegExp(`test\\(\\s*['"]${title}`).test(source), `${file}: ${title}`);
  }
});

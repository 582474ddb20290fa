import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { HONOURED } from '../../src/config/honoured-keys.ts';
import { NEEDLESS, UNSUPPORTED } from '../../src/config/other-keys.ts';

const PAGE = new URL('../../../../docs/zookeeper-server-settings.md', import.meta.url);

test('the page of settings names every key, and each once', async () => {
  const page = await readFile(PAGE, 'utf8');
  const keys = [...HONOURED.keys(), ...Object.values(NEEDLESS).flat(), ...Object.keys(UNSUPPORTED)];
  assert.deepEqual(
    keys.filter((key) => !page.includes(`\`${key}\``)),
    [],
  );
  assert.equal(new Set(keys).size, keys.length);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAcl } from '../../src/zk/acl-text.ts';

test('reads what zkCli reads', () => {
  assert.deepEqual(parseAcl('world:anyone:cdrwa'), [
    { scheme: 'world', id: 'anyone', permissions: 31 },
  ]);
  assert.deepEqual(parseAcl('digest:alice:hash=:r,auth::rw'), [
    { scheme: 'digest', id: 'alice:hash=', permissions: 1 },
    { scheme: 'auth', id: '', permissions: 3 },
  ]);
});

test('says how an entry is written', () => {
  for (const text of ['', 'world', 'world:anyone', 'world:anyone:x', ':anyone:r']) {
    assert.throws(() => parseAcl(text), { code: 'USAGE', message: /scheme:id:permissions/ });
  }
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Acl, JuteReader, JuteWriter, OPEN_ACL, OpCode } from '@mpim/zookeeper/protocol';
import { sharedAcl } from '../../src/acl/shared-acl.ts';
import { readTxn, writeTxn } from '../../src/persistence/txn-codec.ts';

const RESTRICTED: readonly Acl[] = [{ permissions: 1, scheme: 'world', id: 'anyone' }];

test('the ACL that lets everybody do everything is one object, others are kept as they are', () => {
  assert.equal(sharedAcl(structuredClone(OPEN_ACL)), OPEN_ACL);
  for (const acl of [[], RESTRICTED, [...OPEN_ACL, ...RESTRICTED]]) {
    assert.equal(sharedAcl(acl), acl);
  }
});

test('nodes that come back from a log share it, so that a million of them hold no million lists', () => {
  const header = { sessionId: 1n, cxid: 2, zxid: 3n, time: 4 };
  const made = { kind: 'create', op: OpCode.create, path: '/a', data: null } as const;
  for (const acl of [OPEN_ACL, RESTRICTED]) {
    const output = new JuteWriter();
    writeTxn(output, header, { ...made, acl, ephemeralOwner: 0n, parentCversion: 1 });
    const { txn } = readTxn(new JuteReader(output.take()));
    assert.ok(txn.kind === 'create');
    assert.deepEqual(txn.acl, acl);
    assert.equal(txn.acl === OPEN_ACL, acl === OPEN_ACL);
  }
});

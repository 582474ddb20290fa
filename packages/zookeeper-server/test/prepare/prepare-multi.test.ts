import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CREATOR_ALL_ACL,
  ErrorCode,
  type MultiRequestItem,
  OPEN_ACL,
  OpCode,
} from '@mpim/zookeeper/protocol';
import type { PrepareContext } from '../../src/prepare/prepare-context.ts';
import { sequenceSuffix } from '../../src/prepare/prepare-create.ts';
import { prepareMulti } from '../../src/prepare/prepare-multi.ts';
import { DataTree } from '../../src/tree/data-tree.ts';
import { WatchManager } from '../../src/watch/watch-manager.ts';

function freshContext(): PrepareContext & { tree: DataTree } {
  const tree = new DataTree(new WatchManager(), 0n);
  return { tree, sessionId: 1n, identities: [], extendedTypes: false };
}

function create(path: string, flags = 0): MultiRequestItem {
  return { type: OpCode.create, request: { path, data: null, acl: OPEN_ACL, flags } };
}

function setData(path: string, version: number): MultiRequestItem {
  return { type: OpCode.setData, request: { path, data: null, version } };
}

function remove(path: string, version = -1): MultiRequestItem {
  return { type: OpCode.delete, request: { path, version } };
}

function check(path: string, version: number): MultiRequestItem {
  return { type: OpCode.check, request: { path, version } };
}

test('each part sees the parts before it', () => {
  const operations = [
    create('/a'),
    setData('/a', 0),
    check('/a', 1),
    create('/a/s', 2),
    create('/a/s', 2),
    remove('/a/s0000000000'),
    remove('/a/s0000000001'),
    create('/a/s', 2),
    remove('/a/s0000000002'),
    remove('/a', 1),
    create('/a'),
    check('/a', 0),
  ];
  const { txns } = prepareMulti(freshContext(), { operations });
  assert.deepEqual(
    txns.map(({ kind }) => kind),
    operations.map(({ type }) =>
      type === OpCode.create
        ? 'create'
        : type === OpCode.delete
          ? 'delete'
          : type === OpCode.setData
            ? 'setData'
            : 'check',
    ),
  );
});

test('one refusal makes an error of every part, and leaves no trace', () => {
  const context = freshContext();
  const operations = [create('/a'), create('/b', 1), check('/a', 3), create('/c'), remove('/zz')];
  const { txns } = prepareMulti(context, { operations });
  assert.deepEqual(
    txns.map((txn) => (txn.kind === 'error' ? txn.code : txn.kind)),
    [0, 0, -103, -2, -2],
  );
  assert.equal(context.tree.nodeCount, 5);
  assert.equal(context.tree.get('/')?.cversion, 0);
});

test('the ACLs of all parts together are bounded', () => {
  const identities = Array.from({ length: 250 }, (_, i) => ({ scheme: 'digest', id: `u${i}:x` }));
  const part = (i: number) => ({
    type: OpCode.create,
    request: { path: `/n${i}`, data: null, acl: CREATOR_ALL_ACL, flags: 0 },
  });
  const context = { ...freshContext(), identities };
  const made = (count: number) => {
    const operations = Array.from({ length: count }, (_, i) => part(i));
    return prepareMulti(context, { operations }).txns;
  };
  assert.ok(made(400).every(({ kind }) => kind === 'create'));
  const refused = made(402).map((txn) => (txn.kind === 'error' ? txn.code : txn.kind));
  assert.deepEqual(refused.slice(399), [0, ErrorCode.INVALIDACL, ErrorCode.RUNTIMEINCONSISTENCY]);
});

test('an ephemeral node made in the same multi takes no children either', () => {
  const { txns } = prepareMulti(freshContext(), { operations: [create('/e', 1), create('/e/c')] });
  assert.deepEqual(
    txns.map((txn) => (txn.kind === 'error' ? txn.code : txn.kind)),
    [0, -108],
  );
});

test('sequence numbers are printed as Java prints them', () => {
  assert.equal(sequenceSuffix(7), '0000000007');
  assert.equal(sequenceSuffix(2_147_483_647), '2147483647');
  assert.equal(sequenceSuffix(-1), '-000000001');
  assert.equal(sequenceSuffix(-2_147_483_648), '-2147483648');
});

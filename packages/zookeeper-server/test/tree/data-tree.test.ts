import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OPEN_ACL, OpCode } from '@mpim/zookeeper/protocol';
import { DataTree } from '../../src/tree/data-tree.ts';
import { CONTAINER_OWNER, ttlOwner } from '../../src/tree/owner.ts';
import type { CreateTxn, Txn } from '../../src/txn/txn.ts';
import { WatchManager } from '../../src/watch/watch-manager.ts';

function freshTree(): { tree: DataTree; apply: (txn: Txn) => void } {
  const tree = new DataTree(new WatchManager(), 100n);
  const apply = (txn: Txn) => {
    tree.apply({ sessionId: 7n, cxid: 0, zxid: tree.lastZxid + 1n, time: 5000 }, txn);
  };
  return { tree, apply };
}

function create(path: string, parentCversion: number, ephemeralOwner = 0n): CreateTxn {
  const data = Buffer.from('data');
  const acl = OPEN_ACL;
  return { kind: 'create', op: OpCode.create, path, data, acl, ephemeralOwner, parentCversion };
}

test('a fresh tree is that of a fresh ZooKeeper', () => {
  const { tree } = freshTree();
  assert.equal(tree.nodeCount, 5);
  assert.equal(tree.get('/')?.stat().cversion, -1);
  assert.equal(tree.get('')?.stat().numChildren, 1);
  assert.equal(tree.get('/zookeeper')?.stat().cversion, -2);
  assert.deepEqual([...(tree.get('/zookeeper')?.children ?? [])], ['quota', 'config']);
  assert.equal(tree.countBelow('/'), 3);
  assert.equal(tree.lastZxid, 100n);
});

test('cversion counts creates and deletes of children, pzxid follows both', () => {
  const { tree, apply } = freshTree();
  apply(create('/p', 1));
  for (let i = 0; i < 3; i++) apply(create(`/p/${i}`, i + 1));
  apply({ kind: 'delete', path: '/p/0' });
  apply({ kind: 'delete', path: '/p/1' });
  apply({ kind: 'setData', path: '/p/2', data: null, version: 1 });
  const stat = tree.get('/p')?.stat();
  assert.equal(stat?.cversion, 5);
  assert.equal(tree.get('/p')?.cversion, 3, 'the next sequence number');
  assert.equal(stat?.pzxid, 106n);
  assert.equal(stat?.mzxid, 101n);
  assert.equal(stat?.numChildren, 1);
  assert.equal(tree.get('/p/2')?.stat().mzxid, 107n);
  assert.equal(tree.get('/p/2')?.stat().dataLength, 0);
});

test('the ephemeral nodes of a session go under one zxid', () => {
  const { tree, apply } = freshTree();
  apply(create('/p', 1));
  apply(create('/p/a', 1, 7n));
  apply(create('/p/b', 2, 7n));
  apply(create('/p/c', 3, 8n));
  assert.deepEqual([...tree.index.ephemeralsOf(7n)], ['/p/a', '/p/b']);
  assert.equal(tree.get('/p/a')?.stat().ephemeralOwner, 7n);
  apply({ kind: 'closeSession', paths: ['/p/a', '/p/b'] });
  assert.deepEqual([...tree.index.sessions.keys()], [8n]);
  assert.deepEqual([...(tree.get('/p')?.children ?? [])], ['c']);
  assert.equal(tree.get('/p')?.pzxid, 105n);
  assert.equal(tree.index.ephemeralCount, 1);
});

test('containers and nodes with a time to live show no owner', () => {
  const { tree, apply } = freshTree();
  apply(create('/c', 1, CONTAINER_OWNER));
  apply(create('/t', 2, ttlOwner(1000)));
  assert.equal(tree.get('/c')?.stat().ephemeralOwner, 0n);
  assert.equal(tree.get('/t')?.stat().ephemeralOwner, 0n);
  assert.deepEqual([...tree.index.containers.keys()], ['/c']);
  assert.deepEqual([...tree.index.ttls.keys()], ['/t']);
});

test('the size follows paths and data', () => {
  const { tree, apply } = freshTree();
  const before = tree.approximateDataBytes;
  apply(create('/x', 1));
  assert.equal(tree.approximateDataBytes, before + '/x'.length + 'data'.length);
  apply({ kind: 'setData', path: '/x', data: null, version: 1 });
  apply({ kind: 'delete', path: '/x' });
  assert.equal(tree.approximateDataBytes, before);
});

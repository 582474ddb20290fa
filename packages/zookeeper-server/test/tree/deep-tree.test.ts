import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OPEN_ACL, OpCode } from '@mpim/zookeeper/protocol';
import { DataTree } from '../../src/tree/data-tree.ts';
import { FrozenTree } from '../../src/tree/frozen-tree.ts';
import { WatchManager } from '../../src/watch/watch-manager.ts';

/** More levels than calls can be nested. */
const LEVELS = 12_000;

test('a tree can be deeper than calls can be nested', () => {
  const tree = new DataTree(new WatchManager(), 0n);
  const header = () => ({ sessionId: 1n, cxid: 0, zxid: tree.lastZxid + 1n, time: 1 });
  const node = { data: null, acl: OPEN_ACL, ephemeralOwner: 0n, parentCversion: 1 };
  let path = '';
  for (let level = 0; level < LEVELS; level++) {
    path += '/a';
    tree.apply(header(), { kind: 'create', op: OpCode.create, path, ...node });
  }
  assert.equal(tree.countBelow('/a'), LEVELS - 1);
  const visited: number[] = [];
  using _frozen = new FrozenTree(tree, (each) => visited.push(each.length));
  // The deepest one is handed out first, with all its parents before it.
  tree.apply(header(), { kind: 'setData', path, data: null, version: 1 });
  assert.equal(visited.length, LEVELS + 1);
  assert.deepEqual(
    visited,
    visited.toSorted((a, b) => a - b),
  );
  tree.recovery.prune('/a');
  assert.equal(tree.nodeCount, 5);
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { JuteReader, JuteWriter, OPEN_ACL } from '@mpim/zookeeper/protocol';
import { ChildrenCache } from '../../src/process/children-cache.ts';
import { DataNode } from '../../src/tree/data-node.ts';

function nodeWith(...names: string[]): DataNode {
  const node = new DataNode({ data: null, acl: OPEN_ACL, zxid: 1n, time: 0, owner: 0n });
  for (const name of names) node.addChild(name);
  return node;
}

describe('the cache of lists of children', () => {
  const lists = new ChildrenCache();
  const listed = (node: DataNode): string[] => {
    const output = new JuteWriter();
    lists.write(output, node);
    return new JuteReader(output.take()).texts();
  };

  test('gives the children of each node, and of one that has none', () => {
    const [a, b, none] = [nodeWith('x', 'y'), nodeWith('ü'), nodeWith()];
    for (let i = 0; i < 2; i++) {
      assert.deepEqual(listed(a), ['x', 'y']);
      assert.deepEqual(listed(b), ['ü']);
      assert.deepEqual(listed(none), []);
    }
  });

  test('sees every child that comes or goes', () => {
    const node = nodeWith('x');
    assert.deepEqual(listed(node), ['x']);
    node.addChild('y');
    node.pzxid = 2n;
    assert.deepEqual(listed(node), ['x', 'y']);
    node.removeChild('x');
    node.pzxid = 3n;
    assert.deepEqual(listed(node), ['y']);
  });

  test('gives right lists of more nodes, and larger ones, than it keeps', () => {
    const names = Array.from({ length: 20 }, (_, i) => `${i}`.padStart(1 << 20, 'n'));
    const wide = nodeWith(...names);
    const nodes = Array.from({ length: 1000 }, (_, i) => nodeWith(`child-${i}`));
    for (let round = 0; round < 2; round++) {
      for (const [i, node] of nodes.entries()) assert.deepEqual(listed(node), [`child-${i}`]);
      assert.deepEqual(listed(wide), names);
    }
  });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JuteWriter, OPEN_ACL } from '@mpim/zookeeper/protocol';
import { NodeParser } from '../../src/persistence/node-parser.ts';
import { AclTable, END_PATH, writeNode } from '../../src/persistence/snapshot-format.ts';
import { DataNode } from '../../src/tree/data-node.ts';
import { CONTAINER_OWNER, NO_OWNER } from '../../src/tree/owner.ts';

const READABLE = [{ permissions: 1, scheme: 'ip', id: '10.0.0.0/8' }];

function sampleNodes(): Map<string, DataNode> {
  const base = { data: null, acl: OPEN_ACL, zxid: 0n, time: 0, owner: NO_OWNER };
  const nodes = new Map([
    ['/', new DataNode(base)],
    ['/a', new DataNode({ ...base, data: Buffer.alloc(0), zxid: 5n, time: 1_764_000_000_000 })],
    // Of the same lower, and of the same upper half.
    ['/é', new DataNode({ ...base, data: Buffer.from('data'), zxid: 0x1_0000_0007n })],
    ['/c', new DataNode({ ...base, acl: READABLE, zxid: -3n, owner: CONTAINER_OWNER })],
  ]);
  const a = nodes.get('/é');
  assert.ok(a);
  Object.assign(a, { mzxid: 0x2_0000_0007n, pzxid: 0x1_0000_0008n, mtime: 2 ** 40 });
  Object.assign(a, { version: 3, cversion: -4, aversion: 2_000_000_000 });
  return nodes;
}

test('nodes are read as they were written, wherever the pieces of the file end', () => {
  const nodes = sampleNodes();
  const acls = new AclTable();
  const output = new JuteWriter();
  for (const [path, node] of nodes) {
    acls.add(node.acl);
    output.string(path === '/' ? '' : path);
    writeNode(output, node, acls);
  }
  output.string(END_PATH);
  const bytes = output.take();
  for (let split = 0; split <= bytes.length; split++) {
    const parser = new NodeParser(acls);
    const found = new Map<string, DataNode>();
    let at = 0;
    let ended = false;
    for (const end of [split, bytes.length]) {
      // Not at the front of its memory, as pieces of a file rarely are.
      parser.reset(Buffer.concat([Buffer.alloc(3), bytes.subarray(at, end)]).subarray(3));
      let parsed = parser.next();
      for (; parsed === 'node'; parsed = parser.next()) found.set(parser.path, parser.node);
      at += parser.consumed;
      if (parsed === 'end') ended = true;
      else if (!ended) assert.ok(parser.wanted > end - at, `split at ${split}`);
    }
    assert.ok(ended);
    assert.equal(at, bytes.length);
    assert.deepEqual(found, nodes, `split at ${split}`);
  }
});

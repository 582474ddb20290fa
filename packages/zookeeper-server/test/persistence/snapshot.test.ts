import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { temporaryFolder } from '@mpim/testkit';
import { JuteReader, JuteWriter } from '@mpim/zookeeper/protocol';
import { readSnapshot } from '../../src/persistence/read-snapshot.ts';
import { replayTxn } from '../../src/persistence/replay.ts';
import { systemDisk } from '../../src/persistence/system-disk.ts';
import { readTxn, writeTxn } from '../../src/persistence/txn-codec.ts';
import { writeSnapshot } from '../../src/persistence/write-snapshot.ts';
import { DataTree } from '../../src/tree/data-tree.ts';
import { WatchManager } from '../../src/watch/watch-manager.ts';
import { BusyDisk } from '../support/busy-disk.ts';
import { ChangingTree } from '../support/changing-tree.ts';
import { Dice } from '../support/operations.ts';

const ROUNDS = 25;
const CHANGES_PER_WRITE = 60;

/** All nodes, readable in an assertion. */
function describeTree(tree: DataTree): object {
  const nodes: Record<string, object> = {};
  const open = ['/'];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const node = tree.get(path);
    assert.ok(node);
    const { acl, version, ephemeralOwner } = node;
    const data = node.data?.toString('base64') ?? null;
    nodes[path] = { ...node.stat(), data, acl, version, owner: ephemeralOwner };
    for (const name of node.children) open.push(path === '/' ? `/${name}` : `${path}/${name}`);
  }
  return nodes;
}

test('a snapshot of a tree that changes, and the log of the changes, give the tree', async () => {
  for (let seed = 1; seed <= ROUNDS; seed++) {
    await using folder = await temporaryFolder('snapshot');
    const dice = new Dice(seed);
    const subject = new ChangingTree(dice);
    const log: Buffer[] = [];
    subject.onChange = (header, txn) => {
      const output = new JuteWriter();
      writeTxn(output, header, txn);
      log.push(output.take());
    };
    subject.change(1200);
    const start = subject.tree.lastZxid;
    const disk = new BusyDisk(() => subject.change(CHANGES_PER_WRITE));
    const path = await writeSnapshot(folder.path, disk, {
      tree: subject.tree,
      sessions: [[7n, 4000]],
      settled: async () => {},
      nextTurn: () => nextTurn(),
      signal: new AbortController().signal,
    });
    assert.ok(disk.writes >= 3, `${disk.writes} writes leave no time for changes`);
    subject.change(100);

    const tree = new DataTree(new WatchManager(), 0n, { digest: true });
    const { sessions, digest } = await readSnapshot(path, tree, systemDisk);
    tree.loadedUpTo(start);
    assert.deepEqual(sessions, new Map([[7n, 4000]]));
    assert.ok(digest !== null && digest.zxid > start);
    for (const bytes of log) {
      const logged = readTxn(new JuteReader(bytes));
      if (logged.header.zxid <= start) continue;
      replayTxn(tree, logged);
      if (logged.header.zxid === digest.zxid) {
        assert.equal(tree.digest?.value, digest.value, `seed ${seed}`);
      }
    }
    assert.equal(tree.lastZxid, subject.tree.lastZxid);
    assert.deepEqual(describeTree(tree), describeTree(subject.tree), `seed ${seed}`);
    assert.equal(tree.digest?.value, subject.tree.digest?.value);
    assert.equal(tree.approximateDataBytes, subject.tree.approximateDataBytes);
    assert.equal(tree.nodeCount, subject.tree.nodeCount);
    for (const session of [1n, 2n, 3n]) {
      const paths = [...tree.index.ephemeralsOf(session)].sort();
      assert.deepEqual(paths, [...subject.tree.index.ephemeralsOf(session)].sort());
    }
  }
});

test('a snapshot that cannot be finished leaves nothing behind', async () => {
  await using folder = await temporaryFolder('snapshot');
  const { tree } = new ChangingTree(new Dice(1));
  const signal = AbortSignal.abort();
  const source = {
    tree,
    sessions: [],
    settled: async () => {},
    nextTurn: () => nextTurn(),
    signal,
  };
  await assert.rejects(writeSnapshot(folder.path, systemDisk, source), { name: 'AbortError' });
  const failing = { ...source, signal: new AbortController().signal };
  const settled = () => Promise.reject(new Error('the log is gone'));
  await assert.rejects(writeSnapshot(folder.path, systemDisk, { ...failing, settled }), /is gone/);
  assert.deepEqual(await readdir(folder.path), []);
});

import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { temporaryFolder } from '@mpim/testkit';
import { readSnapshot } from '../../src/persistence/read-snapshot.ts';
import { recover } from '../../src/persistence/recover.ts';
import { systemDisk } from '../../src/persistence/system-disk.ts';
import { type SnapshotSource, writeSnapshot } from '../../src/persistence/write-snapshot.ts';
import { DataTree } from '../../src/tree/data-tree.ts';
import { WatchManager } from '../../src/watch/watch-manager.ts';
import { BusyDisk } from '../support/busy-disk.ts';
import { ChangingTree } from '../support/changing-tree.ts';
import { describeTree } from '../support/describe-tree.ts';
import { Dice } from '../support/dice.ts';
import { writeFuzzySnapshot } from '../support/fuzzy-snapshot.ts';
import { RecordingLogger } from '../support/recording-logger.ts';

const ROUNDS = 10;
const CHANGES_PER_WRITE = 60;

function sourceOf(tree: DataTree): SnapshotSource {
  const { signal } = new AbortController();
  return {
    tree,
    sessions: [[7n, 4000]],
    settled: async () => {},
    nextTurn: () => nextTurn(),
    signal,
  };
}

function emptyTree(): DataTree {
  return new DataTree(new WatchManager(), 0n, { digest: true });
}

test('a snapshot is the tree as it was when it began, however it changes', async () => {
  for (let seed = 1; seed <= ROUNDS; seed++) {
    await using folder = await temporaryFolder('snapshot');
    const subject = new ChangingTree(new Dice(seed));
    subject.change(1200);
    const start = subject.tree.lastZxid;
    const expected = describeTree(subject.tree);
    const disk = new BusyDisk(() => subject.change(CHANGES_PER_WRITE));
    const path = await writeSnapshot(folder.path, disk, sourceOf(subject.tree));
    assert.ok(disk.writes >= 10, `${disk.writes} writes leave no time for changes`);
    assert.equal(path, join(folder.path, `snapshot.${start.toString(16)}`));
    subject.change(100);

    const tree = emptyTree();
    const { sessions, digest } = await readSnapshot(path, tree, systemDisk);
    tree.loadedUpTo(start);
    assert.deepEqual(describeTree(tree), expected, `seed ${seed}`);
    assert.deepEqual(sessions, new Map([[7n, 4000]]));
    assert.deepEqual(digest, { zxid: start, version: 2, value: tree.digest?.value });
    subject.log.replay(tree);
    assert.deepEqual(describeTree(tree), describeTree(subject.tree), `seed ${seed}`);
  }
});

test('a snapshot after one that was given up is as good', async () => {
  await using folder = await temporaryFolder('snapshot');
  const subject = new ChangingTree(new Dice(50));
  subject.change(1200);
  const giveUp = new AbortController();
  const slow = new BusyDisk(() => {
    subject.change(CHANGES_PER_WRITE);
    if (slow.writes === 5) giveUp.abort();
  });
  const source = { ...sourceOf(subject.tree), signal: giveUp.signal };
  await assert.rejects(writeSnapshot(folder.path, slow, source), { name: 'AbortError' });
  assert.deepEqual(await readdir(folder.path), []);

  const expected = describeTree(subject.tree);
  const disk = new BusyDisk(() => subject.change(CHANGES_PER_WRITE));
  const path = await writeSnapshot(folder.path, disk, sourceOf(subject.tree));
  const tree = emptyTree();
  await readSnapshot(path, tree, systemDisk);
  assert.deepEqual(describeTree(tree), expected);
});

test('over a fuzzy snapshot, as Apache ZooKeeper writes it, the log gives the tree', async () => {
  let withoutAcls = 0;
  for (let seed = 1; seed <= ROUNDS; seed++) {
    await using folder = await temporaryFolder('fuzzy');
    const subject = new ChangingTree(new Dice(seed));
    subject.change(600);
    const path = join(folder.path, 'snapshot.1');
    const start = await writeFuzzySnapshot(path, subject.tree, () => subject.change(10));
    const [endOfRange, digestThen] = [subject.tree.lastZxid, subject.tree.digest?.value];
    subject.change(100);

    const tree = emptyTree();
    const { digest, withoutAcl } = await readSnapshot(path, tree, systemDisk);
    withoutAcls += withoutAcl.length;
    tree.loadedUpTo(start);
    assert.deepEqual(digest, { zxid: endOfRange, version: 2, value: digestThen });
    assert.ok(endOfRange > start + 100n);
    subject.log.replay(tree, endOfRange);
    assert.equal(tree.digest?.value, digestThen, `seed ${seed}`);
    subject.log.replay(tree);
    assert.deepEqual(describeTree(tree), describeTree(subject.tree), `seed ${seed}`);
  }
  assert.ok(withoutAcls > 0, 'no node got an ACL that was new');
});

test('a digest that is off is reported, unless it is the one that a fuzzy snapshot ends with', async () => {
  for (const isFuzzy of [false, true]) {
    await using folder = await temporaryFolder('digest');
    const subject = new ChangingTree(new Dice(3), 100);
    subject.change(0xff);
    const snapshot = join(folder.path, 'snapshot.ff');
    await writeFuzzySnapshot(snapshot, subject.tree, () => isFuzzy && subject.change(10), 1n);
    subject.change(100);
    await subject.log.write(join(folder.path, 'log.1'));
    const tree = emptyTree();
    const logger = new RecordingLogger();
    const folders = { snapshots: folder.path, logs: folder.path };
    await recover(folders, tree, { disk: systemDisk, logger });
    assert.deepEqual(describeTree(tree), describeTree(subject.tree));
    const complaints = logger.complaints.map(({ message }) => message);
    const off = 'the tree is not the one that the snapshot was written from';
    assert.deepEqual(complaints, isFuzzy ? [] : [off]);
  }
});

test('a node whose ACL is nowhere to be found is refused', async () => {
  await using folder = await temporaryFolder('acl');
  const subject = new ChangingTree(new Dice(4), 100);
  subject.change(0xff);
  const snapshot = join(folder.path, 'snapshot.ff');
  await writeFuzzySnapshot(snapshot, subject.tree, () => subject.change(10));
  const folders = { snapshots: folder.path, logs: folder.path };
  const parts = { disk: systemDisk, logger: new RecordingLogger() };
  await assert.rejects(recover(folders, emptyTree(), parts), /no ACL of node \/.* nor in a log/);
  await subject.log.write(join(folder.path, 'log.1'));
  const tree = emptyTree();
  await recover(folders, tree, parts);
  assert.deepEqual(describeTree(tree), describeTree(subject.tree));
});

test('a snapshot that cannot be finished leaves nothing behind', async () => {
  await using folder = await temporaryFolder('snapshot');
  const { tree } = new ChangingTree(new Dice(1));
  const source = sourceOf(tree);
  const aborted = { ...source, signal: AbortSignal.abort() };
  await assert.rejects(writeSnapshot(folder.path, systemDisk, aborted), { name: 'AbortError' });
  const settled = () => Promise.reject(new Error('the log is gone'));
  await assert.rejects(writeSnapshot(folder.path, systemDisk, { ...source, settled }), /is gone/);
  assert.deepEqual(await readdir(folder.path), []);
});

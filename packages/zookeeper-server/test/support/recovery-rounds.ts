import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@mpim/testkit';
import { resolveOptions } from '../../src/options.ts';
import { DataDirectory } from '../../src/persistence/data-directory.ts';
import { VERSION_FOLDER } from '../../src/persistence/file-names.ts';
import { recover } from '../../src/persistence/recover.ts';
import { systemDisk } from '../../src/persistence/system-disk.ts';
import { DataTree } from '../../src/tree/data-tree.ts';
import { WatchManager } from '../../src/watch/watch-manager.ts';
import {
  ApacheRecovery,
  expectedFindings,
  type Findings,
} from './apache-recovery/apache-recovery.ts';
import { BusyDisk } from './busy-disk.ts';
import { ChangingTree } from './changing-tree.ts';
import { Dice } from './dice.ts';
import { RecordingLogger } from './recording-logger.ts';

const SNAP_COUNT = 150;
const MAX_DATA_BYTES = 4000;
const CHANGES_PER_WRITE = 20;
const SNAPSHOTS_PER_LIFE = 2;
const LIVES = 2;

/** What was seen over all rounds. */
export interface RecoveryReport {
  readonly transactions: number;
  readonly snapshots: number;
}

/**
 * Changes trees heavily at random while their snapshots are written (paths removed and made again, whole branches in
 * one multi, sessions that come and go), and has Apache ZooKeeper and this server recover each of the
 * directories: both must find every node, with stat, ACL and owner, every session and no digest that is off.
 */
export async function recoveryRounds(rounds: number, firstSeed: number): Promise<RecoveryReport> {
  await using apache = await ApacheRecovery.start();
  let [transactions, snapshots] = [0, 0];
  for (let seed = firstSeed; seed < firstSeed + rounds; seed++) {
    await using folder = await temporaryFolder('recovery');
    const subject = new ChangingTree(new Dice(seed), MAX_DATA_BYTES);
    for (let life = 0; life < LIVES; life++) await live(subject, folder.path);
    const expected = expectedFindings(subject.tree, subject.sessions);
    assert.deepEqual(await apache.recover(folder.path), expected, `Apache, seed ${seed}`);
    assert.deepEqual(await recoverHere(folder.path), expected, `this server, seed ${seed}`);
    transactions += Number(subject.tree.lastZxid);
    const names = await readdir(join(folder.path, VERSION_FOLDER));
    snapshots += names.filter((name) => name.startsWith('snapshot.')).length;
  }
  return { transactions, snapshots };
}

/** From a start to the next stop, with some snapshots on the way. */
async function live(subject: ChangingTree, dataDir: string): Promise<void> {
  const { tree, sessions } = subject;
  const logger = new RecordingLogger();
  let directory: DataDirectory | null = null;
  const disk = new BusyDisk(() => directory !== null && subject.change(CHANGES_PER_WRITE), 'snap');
  const settings = resolveOptions({ snapCount: SNAP_COUNT, forceSync: false, disk, logger });
  directory = await DataDirectory.open(dataDir, tree, settings);
  directory.useSessions(() => sessions);
  subject.onChange = (header, txn) => directory.append(header, txn);
  while (logger.infos.filter((info) => info === 'snapshot written').length < SNAPSHOTS_PER_LIFE) {
    subject.change(CHANGES_PER_WRITE);
    await directory.settled();
  }
  subject.onChange = () => {};
  await directory.close();
  assert.deepEqual(logger.complaints, []);
}

async function recoverHere(dataDir: string): Promise<Findings> {
  const tree = new DataTree(new WatchManager(), 0n, { digest: true });
  const logger = new RecordingLogger();
  const folder = join(dataDir, VERSION_FOLDER);
  const folders = { snapshots: folder, logs: folder };
  const { sessions } = await recover(folders, tree, { disk: systemDisk, logger });
  assert.deepEqual(logger.complaints, []);
  return expectedFindings(tree, sessions);
}

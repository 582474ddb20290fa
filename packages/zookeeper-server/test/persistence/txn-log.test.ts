import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type TemporaryFolder, temporaryFolder, waitFor } from '@mpim/testkit';
import { silentLogger, systemClock } from '@mpim/zookeeper-server';
import { DiskStats } from '../../src/persistence/disk-stats.ts';
import { listLogs } from '../../src/persistence/file-names.ts';
import { scanLog } from '../../src/persistence/scan-log.ts';
import { systemDisk } from '../../src/persistence/system-disk.ts';
import { TxnLog } from '../../src/persistence/txn-log.ts';
import { FaultyDisk } from '../support/faulty-disk.ts';

/** A log on a disk that can be made to fail. */
class Subject implements AsyncDisposable {
  readonly disk = new FaultyDisk();
  /** What was reported as safe, in that order. */
  readonly safe: string[] = [];
  readonly log: TxnLog;
  readonly #folder: TemporaryFolder;
  #zxid = 0n;

  private constructor(folder: TemporaryFolder, disk: FaultyDisk, log: TxnLog) {
    this.#folder = folder;
    this.disk = disk;
    this.log = log;
  }

  static async open(forceSync = true): Promise<Subject> {
    const folder = await temporaryFolder('txn-log');
    const disk = new FaultyDisk();
    const parts = { folder: folder.path, clock: systemClock, logger: silentLogger };
    const more = { slowWriteWarningMs: 1000, stats: new DiskStats() };
    const log = await TxnLog.open({ ...parts, ...more, disk, digest: null, forceSync }, 1n);
    return new Subject(folder, disk, log);
  }

  append(bytes = 10): void {
    const header = { sessionId: 1n, cxid: 1, zxid: ++this.#zxid, time: 0 };
    this.log.append(header, { kind: 'setData', path: '/a', data: Buffer.alloc(bytes), version: 1 });
  }

  /** Asks to be told when all so far is safe. */
  commit(name: string): void {
    this.log.commit(() => this.safe.push(name));
  }

  /** The zxids in all its files, as a reader finds them. */
  async logged(): Promise<number[]> {
    const zxids: number[] = [];
    for (const { path } of await listLogs(this.#folder.path, systemDisk)) {
      await scanLog(path, systemDisk, ({ header }) => zxids.push(Number(header.zxid)));
    }
    return zxids;
  }

  async fileCount(): Promise<number> {
    return (await listLogs(this.#folder.path, systemDisk)).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.disk.isHeld = false;
    while (this.disk.heldCount > 0) this.disk.release();
    await this.log.close();
    await this.#folder[Symbol.asyncDispose]();
  }
}

test('one waiter is served at once, and what gathers meanwhile goes together', async () => {
  await using subject = await Subject.open();
  subject.commit('nothing');
  assert.deepEqual(subject.safe, ['nothing']);
  subject.disk.isHeld = true;
  subject.append();
  subject.commit('first');
  await waitFor(() => subject.disk.heldCount === 1, { what: 'a single one to go without company' });
  for (const name of ['second', 'third']) {
    subject.append();
    subject.commit(name);
  }
  assert.equal(subject.disk.heldCount, 1);
  assert.deepEqual(subject.safe, ['nothing']);
  subject.disk.release();
  await waitFor(() => subject.disk.heldCount === 1 && subject.safe.includes('first'));
  subject.commit('a read');
  assert.deepEqual(subject.safe, ['nothing', 'first']);
  subject.disk.release();
  await waitFor(() => subject.safe.length === 5);
  assert.deepEqual(subject.safe.slice(2), ['second', 'third', 'a read']);
  assert.equal(subject.disk.writes.length, 2);
});

test('what nobody waits for is written all the same', async () => {
  await using subject = await Subject.open();
  subject.append();
  await waitFor(() => subject.disk.writes.length === 1);
});

test('a write that finds the disk full is tried again until there is room', async () => {
  await using subject = await Subject.open();
  subject.disk.fault = 'ENOSPC';
  subject.append();
  subject.commit('written');
  await waitFor(() => subject.log.isFull);
  assert.deepEqual(subject.safe, []);
  subject.disk.fault = null;
  await waitFor(() => subject.safe.length === 1);
  await waitFor(() => !subject.log.isFull);
  assert.deepEqual(await subject.logged(), [1]);
});

test('a roll that falls due before the first entry lets the file be', async () => {
  await using subject = await Subject.open();
  subject.log.roll();
  subject.append();
  await subject.log.settled();
  assert.equal(subject.disk.created.length, 1);
  assert.deepEqual(await subject.logged(), [1]);
});

test('a roll that finds the disk full leaves no file that would hide what goes on in the one before', async () => {
  await using subject = await Subject.open();
  subject.append();
  await subject.log.settled();
  subject.disk.fault = 'ENOSPC';
  subject.log.roll();
  subject.append();
  subject.commit('written');
  await waitFor(() => subject.log.isFull);
  assert.equal(await subject.fileCount(), 1);
  subject.disk.fault = null;
  await waitFor(() => subject.safe.length === 1);
  assert.equal(await subject.fileCount(), 1);
  assert.deepEqual(await subject.logged(), [1, 2]);
});

test('a roll that fails before the new log has its name does no harm, even if what is left cannot be removed', async () => {
  await using subject = await Subject.open();
  subject.append();
  await subject.log.settled();
  subject.disk.fault = 'ENOSPC';
  subject.disk.keepsAll = true;
  subject.log.roll();
  subject.append();
  subject.commit('written');
  await waitFor(() => subject.log.isFull);
  subject.disk.fault = null;
  await waitFor(() => subject.safe.length === 1);
  assert.equal(subject.disk.created.length, 2);
  assert.deepEqual(await subject.logged(), [1, 2]);
});

test('a roll whose new name is not safe is taken back; if that cannot be, the log ends', async () => {
  for (const keepsAll of [false, true]) {
    await using subject = await Subject.open();
    subject.append();
    await subject.log.settled();
    subject.disk.losesNames = true;
    subject.disk.keepsAll = keepsAll;
    subject.log.roll();
    subject.append();
    subject.commit('written');
    await assert.rejects(subject.log.ended, { code: 'DATA_FAILED' });
    assert.deepEqual(subject.safe, []);
    assert.deepEqual(await subject.logged(), [1]);
    assert.equal(await subject.fileCount(), keepsAll ? 2 : 1);
  }
});

test('any other fault ends the log: nothing more is promised', async () => {
  await using subject = await Subject.open();
  subject.append();
  subject.commit('before');
  await waitFor(() => subject.safe.length === 1);
  subject.disk.fault = 'EIO';
  subject.append();
  subject.commit('after');
  await assert.rejects(subject.log.ended, { code: 'DATA_FAILED' });
  assert.ok(subject.log.isFull);
  await assert.rejects(subject.log.settled(), { code: 'DATA_FAILED' });
  assert.deepEqual(subject.safe, ['before']);
});

test('it rolls between writes, and large writes stay whole and in order', async () => {
  await using subject = await Subject.open(false);
  for (let i = 0; i < 30; i++) {
    if (i % 10 === 9) subject.log.roll();
    subject.append(i * 20_000);
    subject.append();
    if (i % 4 === 0) await subject.log.settled();
  }
  await subject.log.settled();
  assert.deepEqual(
    await subject.logged(),
    Array.from({ length: 60 }, (_, i) => i + 1),
  );
  assert.equal(await subject.fileCount(), 4);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type TemporaryFolder, temporaryFolder, waitFor } from '@mpim/testkit';
import { type Logger, silentLogger, systemClock } from '@mpim/zookeeper-server';
import { DiskStats } from '../../src/persistence/disk-stats.ts';
import { listLogs } from '../../src/persistence/file-names.ts';
import { InlineWrites } from '../../src/persistence/inline-writes.ts';
import { scanLog } from '../../src/persistence/scan-log.ts';
import { systemDisk } from '../../src/persistence/system-disk.ts';
import { TxnLog } from '../../src/persistence/txn-log.ts';
import { FaultyDisk } from '../support/faulty-disk.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { RecordingLogger } from '../support/recording-logger.ts';

/** A log on a disk that can be made to fail. */
class Subject implements AsyncDisposable {
  readonly disk = new FaultyDisk();
  /** What was reported as safe, in that order. */
  readonly safe: string[] = [];
  readonly log: TxnLog;
  /** What its clock shows: no write takes any time unless a test lets it. */
  readonly time: { ms: number };
  readonly #folder: TemporaryFolder;
  #zxid = 0n;

  private constructor(
    folder: TemporaryFolder,
    disk: FaultyDisk,
    log: TxnLog,
    time: { ms: number },
  ) {
    this.time = time;
    this.#folder = folder;
    this.disk = disk;
    this.log = log;
  }

  static async open({
    forceSync = true,
    inlineWrites = null,
    logger = silentLogger,
  }: {
    forceSync?: boolean;
    inlineWrites?: InlineWrites | null;
    logger?: Logger;
  } = {}): Promise<Subject> {
    const folder = await temporaryFolder('txn-log');
    const disk = new FaultyDisk();
    const time = { ms: 0 };
    const clock = { ...systemClock, monotonic: () => time.ms };
    const parts = { folder: folder.path, clock, logger, inlineWrites };
    const more = { slowWriteWarningMs: 1000, stats: new DiskStats() };
    const log = await TxnLog.open({ ...parts, ...more, disk, digest: null, forceSync }, 1n);
    return new Subject(folder, disk, log, time);
  }

  /** One whose entries are written inline from the first one on. */
  static async openInline(logger: Logger = silentLogger): Promise<Subject> {
    const inlineWrites = new InlineWrites(new ManualClock());
    for (let i = 0; i < 8; i++) inlineWrites.wroteByThread(0, { count: 1, length: 1 });
    const subject = await Subject.open({ inlineWrites, logger });
    // Nothing is written inline while room is being set aside.
    await subject.undisturbed();
    return subject;
  }

  append(bytes = 10): void {
    const header = { sessionId: 1n, cxid: 1, zxid: ++this.#zxid, time: 0 };
    this.log.append(header, { kind: 'setData', path: '/a', data: Buffer.alloc(bytes), version: 1 });
  }

  /** Resolves once no thread writes anything, room ahead included. */
  async undisturbed(): Promise<void> {
    await waitFor(() => this.disk.underWay === 0);
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
  await using subject = await Subject.open({ forceSync: false });
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

test('inline, entries are safe when the turn is over, and whoever waits hears of it after the call', async () => {
  await using subject = await Subject.openInline();
  subject.append();
  subject.commit('first');
  assert.deepEqual([subject.disk.inlineWrites.length, subject.safe.length], [1, 0]);
  assert.deepEqual(await subject.logged(), [1], 'on disk before anything else happens');
  await subject.undisturbed();
  subject.append();
  subject.commit('second');
  // What comes within the same turn goes with the next write, and what asks for less waits its turn.
  subject.append();
  subject.commit('third');
  await Promise.resolve();
  assert.deepEqual(subject.safe, ['first', 'second']);
  await waitFor(() => subject.safe.length === 3);
  assert.deepEqual(await subject.logged(), [1, 2, 3]);
});

test('inline, answers that ask for more writes come in order and never within each other', async () => {
  await using subject = await Subject.openInline();
  const order: number[] = [];
  let depth = 0;
  const ask = (n: number): void => {
    subject.append();
    subject.log.commit(() => {
      assert.equal(depth++, 0);
      order.push(n);
      if (n < 3000) ask(n + 1);
      depth--;
    });
  };
  ask(1);
  await waitFor(() => order.length === 3000);
  assert.deepEqual(
    order,
    Array.from({ length: 3000 }, (_, i) => i + 1),
  );
  assert.equal((await subject.logged()).length, 3000);
});

test('nothing is written inline while room is set aside, or in a batch that is not small', async () => {
  await using subject = await Subject.openInline();
  const { disk } = subject;
  /** Writes entries once no thread does; how many of these writes were inline. */
  const inlineOf = async (bytes: number, entries = 1): Promise<number> => {
    const before = disk.inlineWrites.length;
    for (let i = 0; i < entries; i++) subject.append(bytes);
    await subject.log.settled();
    return disk.inlineWrites.length - before;
  };
  const proveAgain = async (): Promise<void> => {
    while ((await inlineOf(10)) === 0) await subject.undisturbed();
    await subject.undisturbed();
  };
  while (disk.underWay === 0) assert.equal(await inlineOf(15_000), 1);
  assert.equal(await inlineOf(10), 0, 'now that room is being set aside');
  await subject.undisturbed();
  assert.equal(await inlineOf(10, 8), 1);
  await proveAgain();
  assert.equal(await inlineOf(10, 9), 0);
  await proveAgain();
  assert.equal(await inlineOf(20_000), 0);
});

test('inline, a full disk is waited for and a failing one ends the log, as ever', async () => {
  await using subject = await Subject.openInline();
  subject.disk.fault = 'ENOSPC';
  subject.append();
  subject.commit('written');
  await waitFor(() => subject.log.isFull);
  assert.deepEqual([subject.disk.inlineWrites.length, subject.safe.length], [1, 0]);
  subject.disk.fault = null;
  await waitFor(() => subject.safe.length === 1 && !subject.log.isFull);
  assert.deepEqual(await subject.logged(), [1]);
  await subject.undisturbed();

  subject.disk.fault = 'EIO';
  subject.append();
  subject.commit('lost');
  assert.equal(subject.disk.inlineWrites.length, 2);
  await assert.rejects(subject.log.ended, { code: 'DATA_FAILED' });
  assert.deepEqual(subject.safe, ['written']);
});

test('a roll and an end find inline entries in their files', async () => {
  await using subject = await Subject.openInline();
  for (let i = 0; i < 3; i++) {
    subject.append();
    subject.commit(String(i));
    await subject.log.settled();
    await subject.undisturbed();
    subject.log.roll();
  }
  subject.append();
  subject.commit('last');
  await subject.log.close();
  assert.deepEqual(subject.safe, ['0', '1', '2', 'last']);
  assert.deepEqual(await subject.logged(), [1, 2, 3, 4]);
  assert.equal(await subject.fileCount(), 4);
});

test('a write that holds the event loop up too long is reported, and a thread does the next one', async () => {
  const logger = new RecordingLogger();
  await using subject = await Subject.openInline(logger);
  subject.disk.meanwhile = () => {
    subject.time.ms += 6;
  };
  for (let i = 1; i <= 2; i++) {
    subject.append();
    await subject.log.settled();
    await subject.undisturbed();
    assert.equal(subject.disk.inlineWrites.length, 1);
    assert.equal(subject.disk.writes.length, i);
  }
  assert.deepEqual(logger.infos, ['a write has held the event loop up; threads do the next ones']);
  assert.deepEqual(logger.complaints, [], 'the limit of what is worth a warning is another');
});

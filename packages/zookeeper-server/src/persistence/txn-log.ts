import type { Clock, ClockTimer } from '../clock.ts';
import { ZooKeeperServerError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { TreeDigest } from '../tree/tree-digest.ts';
import type { CommitLog } from '../txn/commit-log.ts';
import type { Txn, TxnHeader } from '../txn/txn.ts';
import { LeftoverLogError } from './begin-log.ts';
import type { Disk } from './disk.ts';
import type { DiskStats } from './disk-stats.ts';
import type { InlineWrites } from './inline-writes.ts';
import { LogBatch } from './log-batch.ts';
import { LogFile } from './log-file.ts';

/** What a {@link TxnLog} works with. */
export interface TxnLogParts {
  /** Folder of the log files. */
  readonly folder: string;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The tree's digest, which each entry states. */
  readonly digest: TreeDigest | null;
  /** Whether commits wait for the disk; false trades the last moments before a power failure for speed. */
  readonly forceSync: boolean;
  /** Milliseconds after which a write is worth a warning. */
  readonly slowWriteWarningMs: number;
  readonly stats: DiskStats;
  /** Says when to write in the event loop; null: never. */
  readonly inlineWrites: InlineWrites | null;
}

/** What the log is doing. */
type LogState =
  | 'idle'
  /** A batch is on its way to the disk; the next one gathers. */
  | 'writing'
  /** The batch did not fit on the disk; it is tried again from time to time. */
  | 'stuck'
  /** The disk has failed, or the log is closed. */
  | 'ended';

const RETRY_MS = 500;
/** Calls back behind the turn's microtasks so far, at half the price of `queueMicrotask`. */
const SOON = Promise.resolve();

/**
 * The transaction log with group commit: as soon as the disk is free, everything that has gathered goes to
 * it in one write. One waiting client is served at once; with many, each write serves all that came while
 * the one before it was under way (ZooKeeper: `SyncRequestProcessor`, `FileTxnLog`).
 */
export class TxnLog implements CommitLog {
  readonly #parts: TxnLogParts;
  readonly #ended = Promise.withResolvers<never>();
  #state: LogState = 'idle';
  #file: LogFile;
  #gathering = new LogBatch();
  #writing = new LogBatch();
  #isRollDue = false;
  #noRoom = false;
  #retry: ClockTimer | null = null;

  private constructor(parts: TxnLogParts, file: LogFile) {
    this.#parts = parts;
    this.#file = file;
    this.#ended.promise.catch(() => {});
  }

  /** Begins a log; `firstZxid` is the zxid that the next transaction will have. */
  static async open(parts: TxnLogParts, firstZxid: bigint): Promise<TxnLog> {
    // The first attempt to set room aside reports to the log, which needs the file to exist.
    let log: TxnLog | null = null;
    const file = await createFile(parts, firstZxid, (error) => log?.extended(error));
    log = new TxnLog(parts, file);
    return log;
  }

  /** Whether nothing can be appended for now: the disk is full. */
  get isFull(): boolean {
    return this.#noRoom || this.#state === 'stuck' || this.#state === 'ended';
  }

  /** Rejects when the log cannot go on: `ZooKeeperServerError` `DATA_FAILED`, or when it is closed. */
  get ended(): Promise<never> {
    return this.#ended.promise;
  }

  append(header: TxnHeader, txn: Txn): void {
    const batch = this.#gathering;
    // Whoever appends usually commits within the turn; what nobody waits for goes out at its end.
    if (batch.isEmpty) this.#parts.clock.defer(() => this.#start('fresh'));
    batch.add(header, txn, this.#parts.digest);
  }

  commit(done: () => void): void {
    if (!this.#gathering.isEmpty) {
      this.#gathering.waiters.push(done);
      this.#start('fresh');
    } else if (this.#state === 'idle') done();
    else this.#writing.waiters.push(done);
  }

  /** Resolves once all that was appended is safe; rejects with {@link ended}. */
  settled(): Promise<void> {
    const committed = new Promise<void>((resolve) => this.commit(resolve));
    return Promise.race([committed, this.#ended.promise]);
  }

  /** Lets the next batch begin a new file. */
  roll(): void {
    this.#isRollDue = true;
  }

  /** Writes what has gathered, if the disk is there for it, and closes the file. */
  async close(): Promise<void> {
    if (!this.isFull) await this.settled();
    if (this.#state === 'ended') return;
    this.#end(new ZooKeeperServerError('DATA_FAILED', 'the transaction log is closed'));
    await this.#file.finish();
  }

  /** Hears whether room could be set aside. */
  extended(error: NodeJS.ErrnoException | null): void {
    if (this.#state === 'ended') return;
    if (error === null) {
      if (this.#noRoom) this.#parts.logger.warn({ path: this.#file.path }, 'there is room again');
      this.#noRoom = false;
    } else if (isOutOfSpace(error)) {
      if (!this.#noRoom) this.#reportFull(error);
      this.#noRoom = true;
      this.#retryLater();
    } else this.#fail(error);
  }

  /** Gives the disk what has gathered, unless it is busy: `behind` a write whose replies go out meanwhile, or `fresh`. */
  #start(batch: 'fresh' | 'behind'): void {
    if (this.#state !== 'idle' || this.#gathering.isEmpty) return;
    this.#state = 'writing';
    [this.#gathering, this.#writing] = [this.#writing, this.#gathering];
    if (this.#isRollDue && !this.#file.isEmpty) {
      void this.#rollThenWrite();
      return;
    }
    // A file without entries has the very name that the new one would have: it is as good as new.
    this.#isRollDue = false;
    const bytes = this.#writing.finish();
    if (batch === 'behind' || !this.#writeInline(bytes)) this.#write(bytes);
  }

  #write(bytes: Buffer): void {
    const { clock, inlineWrites } = this.#parts;
    const startedAt = clock.monotonic();
    this.#file.append(bytes, (error) => {
      const elapsedMs = clock.monotonic() - startedAt;
      if (error === null) inlineWrites?.wroteByThread(elapsedMs, this.#writing);
      this.#written(error, elapsedMs);
    });
  }

  /** False if it is to be done by {@link #write}. */
  #writeInline(bytes: Buffer): boolean {
    const { clock, inlineWrites } = this.#parts;
    if (!inlineWrites?.suits(this.#writing)) return false;
    const startedAt = clock.monotonic();
    let failure: NodeJS.ErrnoException | null = null;
    try {
      if (!this.#file.appendNow(bytes)) return false;
    } catch (error) {
      failure = error as NodeJS.ErrnoException;
    }
    const elapsedMs = clock.monotonic() - startedAt;
    const pauseMs = failure === null ? inlineWrites.wroteInline(elapsedMs) : 0;
    if (pauseMs > 0) this.#reportStall(elapsedMs, pauseMs);
    // Whoever waits hears of it as of any other write: in order, and not within its own call.
    SOON.then(() => this.#written(failure, elapsedMs));
    return true;
  }

  #written(error: NodeJS.ErrnoException | null, elapsedMs: number): void {
    if (this.#state === 'ended') return;
    if (error !== null) {
      this.#writeFailed(error);
      return;
    }
    this.#measure(elapsedMs);
    const waiters = this.#writing.clear();
    this.#state = 'idle';
    // The disk gets its next work before the replies go out.
    this.#start('behind');
    for (const done of waiters) done();
  }

  #writeFailed(error: NodeJS.ErrnoException): void {
    if (!isOutOfSpace(error)) {
      this.#fail(error);
      return;
    }
    if (this.#state !== 'stuck' && !this.#noRoom) this.#reportFull(error);
    this.#state = 'stuck';
    this.#retryLater();
  }

  #retryLater(): void {
    this.#retry ??= this.#parts.clock.setTimeout(() => {
      this.#retry = null;
      if (this.#state === 'ended') return;
      if (this.#state === 'stuck') {
        this.#state = 'writing';
        this.#write(this.#writing.finish());
      }
      if (this.#noRoom) this.#file.extend();
    }, RETRY_MS);
  }

  async #rollThenWrite(): Promise<void> {
    const before = this.#file;
    try {
      const onExtended = (error: NodeJS.ErrnoException | null): void => this.extended(error);
      this.#file = await createFile(this.#parts, this.#writing.firstZxid, onExtended);
      this.#isRollDue = false;
      before.finish().catch((error: unknown) => {
        this.#parts.logger.warn(
          { path: before.path, err: error },
          'a finished log was not shortened',
        );
      });
    } catch (error) {
      if (error instanceof LeftoverLogError) {
        this.#fail(error);
        return;
      }
      // The old file serves as well; the next roll is tried when it falls due.
      this.#isRollDue = false;
      this.#parts.logger.warn({ err: error }, 'no new transaction log could be made');
    }
    if (this.#state !== 'ended') this.#write(this.#writing.finish());
  }

  #measure(elapsedMs: number): void {
    const { stats, slowWriteWarningMs } = this.#parts;
    stats.fsyncTime.add(elapsedMs);
    stats.batchSize.add(this.#writing.count);
    if (elapsedMs < slowWriteWarningMs) return;
    stats.slowWrites++;
    const facts = { path: this.#file.path, elapsedMs: Math.round(elapsedMs) };
    this.#parts.logger.warn(facts, 'writing to the transaction log takes long; all clients wait');
  }

  #reportStall(elapsedMs: number, pauseMs: number): void {
    const { path } = this.#file;
    const facts = { path, elapsedMs: Math.round(elapsedMs), pauseMs: Math.round(pauseMs) };
    this.#parts.logger.info(facts, 'a write has held the event loop up; threads do the next ones');
  }

  #reportFull(error: Error): void {
    const { folder, logger } = this.#parts;
    logger.error(
      { folder, err: error },
      'the disk is full: writes are refused until there is room',
    );
  }

  #fail(cause: Error): void {
    const { path } = this.#file;
    const message = `cannot write ${path}: ${cause.message}; what was not answered may be lost`;
    this.#end(new ZooKeeperServerError('DATA_FAILED', message, { path, cause }));
    this.#file.finish().catch((error: unknown) => {
      this.#parts.logger.warn({ path, err: error }, 'the failed log was not closed in order');
    });
  }

  #end(error: ZooKeeperServerError): void {
    this.#state = 'ended';
    this.#retry?.cancel();
    this.#ended.reject(error);
  }
}

function createFile(
  { folder, disk, forceSync }: TxnLogParts,
  zxid: bigint,
  onExtended: (error: NodeJS.ErrnoException | null) => void,
): Promise<LogFile> {
  return LogFile.create(folder, zxid, { disk, durable: forceSync, onExtended });
}

function isOutOfSpace({ code }: NodeJS.ErrnoException): boolean {
  return code === 'ENOSPC' || code === 'EDQUOT';
}

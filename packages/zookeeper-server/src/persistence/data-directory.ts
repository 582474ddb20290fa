import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import { ZooKeeperServerError } from '../errors.ts';
import { hex } from '../hex.ts';
import type { ServerSettings } from '../options.ts';
import type { DataTree } from '../tree/data-tree.ts';
import type { CommitLog } from '../txn/commit-log.ts';
import type { Txn, TxnHeader } from '../txn/txn.ts';
import type { Disk, FolderLock } from './disk.ts';
import { DiskStats } from './disk-stats.ts';
import { listLogs, listSnapshots, VERSION_FOLDER } from './file-names.ts';
import { InlineWrites } from './inline-writes.ts';
import { purge } from './purge.ts';
import { type DataFolders, type Recovered, recover } from './recover.ts';
import { RollCounter } from './roll-counter.ts';
import { writeSessionIdMark } from './session-id-mark.ts';
import { TxnLog } from './txn-log.ts';
import { writeSnapshot } from './write-snapshot.ts';

/** Sessions alive, with their timeouts in ms. */
export type SessionTimeouts = () => Iterable<readonly [id: bigint, timeoutMs: number]>;

/**
 * The files of a durable server, in the format and under the names of Apache ZooKeeper: `version-2/log.*`
 * and `version-2/snapshot.*`. Either server can go on where the other has stopped.
 */
export class DataDirectory implements CommitLog {
  readonly folders: DataFolders;
  readonly recovered: Recovered;
  readonly stats: DiskStats;
  /** Null where the event loop never writes itself. */
  readonly inlineWrites: InlineWrites | null;
  readonly #settings: ServerSettings;
  readonly #disk: Disk;
  readonly #locks: readonly FolderLock[];
  readonly #tree: DataTree;
  readonly #log: TxnLog;
  readonly #rolls: RollCounter;
  readonly #abort = new AbortController();
  #sessions: SessionTimeouts = () => this.recovered.sessions;
  #snapshot: Promise<void> | null = null;
  #highestSessionId: bigint;
  /** What the directory's mark says, as far as this run has written it. */
  #markedSessionId = 0n;

  private constructor(parts: {
    settings: ServerSettings;
    disk: Disk;
    folders: DataFolders;
    locks: readonly FolderLock[];
    tree: DataTree;
    recovered: Recovered;
    log: TxnLog;
    stats: DiskStats;
    inlineWrites: InlineWrites | null;
  }) {
    this.folders = parts.folders;
    this.recovered = parts.recovered;
    this.stats = parts.stats;
    this.inlineWrites = parts.inlineWrites;
    this.#settings = parts.settings;
    this.#disk = parts.disk;
    this.#locks = parts.locks;
    this.#tree = parts.tree;
    this.#log = parts.log;
    this.#highestSessionId = parts.recovered.highestSessionId;
    const { snapCount, random } = parts.settings;
    this.#rolls = new RollCounter(snapCount, random, parts.recovered.replayed);
  }

  /**
   * Opens a data directory, made if need be, and fills the tree, which keeps a digest, with what it holds.
   * Throws `ZooKeeperServerError`: `DATA_LOCKED`, `DATA_CORRUPT`, `DATA_FAILED`.
   */
  static async open(
    dataDir: string,
    tree: DataTree,
    settings: ServerSettings,
    disk: Disk = settings.disk,
  ): Promise<DataDirectory> {
    const logDir = settings.dataLogDir ?? dataDir;
    const folders = {
      snapshots: join(dataDir, VERSION_FOLDER),
      logs: join(logDir, VERSION_FOLDER),
    };
    const { clock, logger, forceSync, slowWriteWarningMs } = settings;
    const startedAt = clock.monotonic();
    const locks: FolderLock[] = [];
    try {
      for (const folder of new Set([dataDir, logDir])) {
        await disk.ensureFolder(join(folder, VERSION_FOLDER));
        locks.push(disk.lock(folder));
      }
      if (folders.logs !== folders.snapshots) await checkFolders(folders, disk);
      const recovered = await recover(folders, tree, { disk, logger });
      if (recovered.isNew) await writeFirstSnapshot(folders.snapshots, tree, { disk, clock });
      const stats = new DiskStats();
      const inlineWrites = settings.inlineWrites ? new InlineWrites(clock) : null;
      const logSettings = { folder: folders.logs, forceSync, slowWriteWarningMs };
      const logParts = { disk, clock, logger, digest: tree.digest, stats, inlineWrites };
      const log = await TxnLog.open({ ...logSettings, ...logParts }, tree.lastZxid + 1n);
      stats.openTime.add(clock.monotonic() - startedAt);
      stats.replayed.add(recovered.replayed);
      const found = { nodes: tree.nodeCount, replayed: recovered.replayed };
      const facts = { dataDir, lastZxid: hex(tree.lastZxid), ...found };
      logger.info(facts, 'data directory opened');
      const state = { tree, recovered, log, stats, inlineWrites };
      return new DataDirectory({ settings, disk, folders, locks, ...state });
    } catch (error) {
      for (const lock of locks) lock.release();
      throw asDataError(error, dataDir);
    }
  }

  get isFull(): boolean {
    return this.#log.isFull;
  }

  /** Rejects when nothing can be written any more: `ZooKeeperServerError` `DATA_FAILED`. */
  get ended(): Promise<never> {
    return this.#log.ended;
  }

  /** From now on snapshots hold these sessions. */
  useSessions(sessions: SessionTimeouts): void {
    this.#sessions = sessions;
  }

  append(header: TxnHeader, txn: Txn): void {
    this.#log.append(header, txn);
    if (txn.kind === 'createSession' && header.sessionId > this.#highestSessionId) {
      this.#highestSessionId = header.sessionId;
    }
    if (this.#rolls.count()) this.#roll();
  }

  commit(done: () => void): void {
    this.#log.commit(done);
  }

  /** Resolves once what was appended is safe, or cannot be for now. */
  async settled(): Promise<void> {
    if (this.isFull) return;
    await this.#log.settled().catch(() => {});
  }

  /** Writes what is left, closes all files and lets others have the directory. */
  async close(): Promise<void> {
    this.#abort.abort();
    try {
      await this.#log.close();
      await this.#snapshot;
    } finally {
      for (const lock of this.#locks) lock.release();
    }
  }

  #roll(): void {
    // As long as a snapshot is being written the log goes on: the next one would be no better.
    if (this.#snapshot !== null || this.isFull || this.#abort.signal.aborted) return;
    this.#log.roll();
    this.#snapshot = this.#takeSnapshot().finally(() => {
      this.#snapshot = null;
    });
  }

  async #takeSnapshot(): Promise<void> {
    const { logger, clock, snapRetainCount, purgeIntervalHours } = this.#settings;
    const turn = nextTurn(clock);
    await turn();
    const startedAt = clock.monotonic();
    const { signal } = this.#abort;
    const settled = async (): Promise<void> => {
      await this.#markSessionIds();
      await this.#log.settled();
    };
    try {
      const source = {
        tree: this.#tree,
        sessions: this.#sessions(),
        settled,
        nextTurn: turn,
        signal,
      };
      const path = await writeSnapshot(this.folders.snapshots, this.#disk, source);
      const elapsedMs = Math.round(clock.monotonic() - startedAt);
      this.stats.snapshotTime.add(elapsedMs);
      logger.info({ path, elapsedMs }, 'snapshot written');
      if (purgeIntervalHours === 0) return;
      const removed = await purge(this.folders, snapRetainCount, this.#disk);
      if (removed.length > 0) logger.info({ removed }, 'old snapshots and logs removed');
    } catch (error) {
      if (signal.aborted) return;
      logger.error({ err: error }, 'no snapshot could be written; the log goes on');
    }
  }

  /** Once there is a snapshot, nothing else may know of the sessions that ended before it. */
  async #markSessionIds(): Promise<void> {
    const id = this.#highestSessionId;
    if (id === this.#markedSessionId) return;
    await writeSessionIdMark(this.folders.snapshots, this.#disk, id);
    this.#markedSessionId = id;
  }
}

/** Logs where none are looked for would be lost: the server would begin at its snapshot (ZooKeeper: `FileTxnSnapLog`). */
async function checkFolders({ logs, snapshots }: DataFolders, disk: Disk): Promise<void> {
  const strayLog = (await listLogs(snapshots, disk)).at(-1)?.path;
  const straySnapshot = (await listSnapshots(logs, disk)).at(-1)?.path;
  const path = strayLog ?? straySnapshot;
  if (path === undefined) return;
  const home = strayLog === undefined ? snapshots : logs;
  const message =
    `dataLogDir is set, so logs belong to ${logs} and snapshots to ${snapshots}, but there is ${path}; ` +
    `move it and its like to ${home}, or set dataDir and dataLogDir as they were`;
  throw new ZooKeeperServerError('BAD_OPTION', message, { path });
}

/** Apache ZooKeeper takes a log without a snapshot for a loss: a new directory begins with one of the tree as it is. */
async function writeFirstSnapshot(
  folder: string,
  tree: DataTree,
  { disk, clock }: { disk: Disk; clock: Clock },
): Promise<void> {
  await writeSnapshot(folder, disk, {
    tree,
    sessions: [],
    settled: async () => {},
    nextTurn: nextTurn(clock),
    signal: new AbortController().signal,
  });
}

function nextTurn(clock: Clock): () => Promise<void> {
  return () => new Promise((resolve) => clock.defer(resolve));
}

function asDataError(cause: unknown, path: string): unknown {
  if (cause instanceof ZooKeeperServerError || !(cause instanceof Error)) return cause;
  const message = `cannot use the data directory ${path}: ${cause.message}`;
  return new ZooKeeperServerError('DATA_FAILED', message, { path, cause });
}

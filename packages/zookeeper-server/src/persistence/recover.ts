import { ZooKeeperServerError } from '../errors.ts';
import { hex } from '../hex.ts';
import type { Logger } from '../logger.ts';
import type { DataTree } from '../tree/data-tree.ts';
import { DIGEST_VERSION } from '../tree/tree-digest.ts';
import type { Disk } from './disk.ts';
import { listLogs, listSnapshots, listUnfinished, logsAfter, type ZxidFile } from './file-names.ts';
import {
  BadSnapshotError,
  readSnapshot,
  type SnapshotFacts,
  type ZxidDigest,
} from './read-snapshot.ts';
import { replaySession, replayTxn } from './replay.ts';
import { type LogEnd, type LogEntry, scanLog } from './scan-log.ts';
import { readSessionIdMark } from './session-id-mark.ts';
import { MISSING_ACL } from './snapshot-format.ts';

/** Folders that hold the files of a server; they may be one. */
export interface DataFolders {
  readonly snapshots: string;
  readonly logs: string;
}

/** What a recovery works with. */
export interface RecoveryParts {
  readonly disk: Disk;
  readonly logger: Logger;
}

/** What a data directory held besides the nodes. */
export interface Recovered {
  /** Sessions alive, with their timeouts in ms. */
  readonly sessions: Map<bigint, number>;
  /** The highest session id that was ever given out, as far as anything in the directory knows. */
  readonly highestSessionId: bigint;
  /** Transactions since the snapshot. */
  readonly replayed: number;
  /** Whether there was nothing at all. */
  readonly isNew: boolean;
}

const EPOCH_BITS = 32n;

/**
 * Fills a tree with what a data directory holds: the newest snapshot that is whole, and the logged
 * transactions after it. A write that a crash cut short is taken off the end of the log and reported.
 * Throws `ZooKeeperServerError` `DATA_CORRUPT` if something that was acknowledged cannot be had back.
 */
export async function recover(
  folders: DataFolders,
  tree: DataTree,
  { disk, logger }: RecoveryParts,
): Promise<Recovered> {
  for (const folder of new Set([folders.snapshots, folders.logs])) {
    for (const path of await listUnfinished(folder, disk)) await disk.remove(path);
    await disk.syncFolder(folder);
  }
  const markedId = await readSessionIdMark(folders.snapshots, disk);
  const logs = await listLogs(folders.logs, disk);
  const snapshot = await loadSnapshot(folders.snapshots, tree, { disk, logger });
  if (snapshot === null) {
    if (logs.length > 0) throw noSnapshot(folders);
    return { sessions: new Map(), highestSessionId: markedId, replayed: 0, isNew: true };
  }
  const replay = new Replay(tree, { snapshot, markedId }, { disk, logger });
  const files = logsAfter(logs, tree.lastZxid);
  for (const [i, log] of files.entries()) await replay.log(log, i === files.length - 1);
  checkAcls(tree, snapshot, folders.snapshots);
  return { ...replay.result, isNew: false };
}

async function loadSnapshot(
  folder: string,
  tree: DataTree,
  { disk, logger }: RecoveryParts,
): Promise<SnapshotFacts | null> {
  const snapshots = await listSnapshots(folder, disk);
  for (const { path, zxid, compression } of snapshots.toReversed()) {
    if (compression === 'snappy') throw unreadable(path);
    try {
      const facts = await readSnapshot(path, tree, disk, compression);
      tree.loadedUpTo(zxid);
      return facts;
    } catch (error) {
      if (!(error instanceof BadSnapshotError)) throw error;
      logger.warn(
        { path, err: error },
        'this snapshot is incomplete or damaged; trying an older one',
      );
    }
  }
  if (snapshots.length === 0) return null;
  const message = `no snapshot in ${folder} is whole; nothing was changed. Restore one from a backup`;
  throw new ZooKeeperServerError('DATA_CORRUPT', message, { path: folder });
}

function unreadable(path: string): ZooKeeperServerError {
  const message =
    `${path} is packed with snappy, which this server cannot read. Let Apache ZooKeeper write one ` +
    'with zookeeper.snapshot.compression.method set to gz, or to nothing';
  return new ZooKeeperServerError('DATA_CORRUPT', message, { path });
}

function checkAcls(tree: DataTree, { withoutAcl }: SnapshotFacts, folder: string): void {
  const path = withoutAcl.find((each) => tree.get(each)?.acl === MISSING_ACL);
  if (path === undefined) return;
  const message = `no ACL of node ${path} in the newest snapshot of ${folder} nor in a log; restore them`;
  throw new ZooKeeperServerError('DATA_CORRUPT', message, { path: folder });
}

function noSnapshot({ logs, snapshots }: DataFolders): ZooKeeperServerError {
  const where = snapshots === logs ? 'no snapshot' : `${snapshots} no snapshot`;
  const message = `${logs} has transaction logs, but ${where} to begin with; restore one from a backup`;
  return new ZooKeeperServerError('DATA_CORRUPT', message, { path: snapshots });
}

/** Replays log after log. */
class Replay {
  readonly #tree: DataTree;
  readonly #disk: Disk;
  readonly #logger: Logger;
  readonly #sessions: Map<bigint, number>;
  /** Last transaction of which the snapshot may hold something; digests mean nothing up to there. */
  readonly #fuzzyUntil: bigint;
  #highestSessionId: bigint;
  /** Whether the log before ends exactly behind its last entry. */
  #isClosed = false;
  #replayed = 0;
  #mismatches = 0;

  constructor(
    tree: DataTree,
    { snapshot, markedId }: { snapshot: SnapshotFacts; markedId: bigint },
    { disk, logger }: RecoveryParts,
  ) {
    this.#tree = tree;
    this.#highestSessionId = markedId;
    this.#disk = disk;
    this.#logger = logger;
    this.#sessions = snapshot.sessions;
    for (const id of snapshot.sessions.keys()) this.#seen(id);
    const { digest } = snapshot;
    this.#fuzzyUntil = digest?.zxid ?? 0n;
    // At the end of a fuzzy snapshot Apache ZooKeeper may state the digest of the next transaction; the log knows.
    if (digest?.zxid === tree.lastZxid) this.#compareSnapshot(digest);
  }

  get result() {
    return {
      sessions: this.#sessions,
      highestSessionId: this.#highestSessionId,
      replayed: this.#replayed,
    };
  }

  async log(file: ZxidFile, isLast: boolean): Promise<void> {
    const { path } = file;
    const end = await scanLog(path, this.#disk, (entry) => this.#entry(entry, path));
    if (end.entries === 0) this.#checkEmpty(file);
    this.#isClosed = end.entries > 0 && end.closed;
    if (end.torn) this.#reportTorn(path, end);
    // In an older log a torn end stays: the server after that crash began a new one.
    if (isLast) await this.#settle(path, end);
    else if (end.entries > 0) await this.#disk.sync(path);
  }

  /**
   * Clients will be shown what the log holds, so it must be safe: a process that was killed may not have waited for its
   * last write, or have been about to take it back because it had failed. A log that was closed in order holds nothing like that.
   */
  async #settle(path: string, { offset, entries, torn, closed }: LogEnd): Promise<void> {
    if (entries === 0) {
      if (torn) await this.#disk.remove(path);
      return;
    }
    if (!closed) {
      await this.#disk.rewrite(path, offset);
      await this.#disk.truncate(path, offset);
    }
    await this.#disk.sync(path);
  }

  /**
   * A log without entries is begun behind all that was written, so it shows by its name what there must be. That is certain only
   * behind a log that was closed in order, which this server's are by the next start at the latest. Apache ZooKeeper sets room
   * aside in its own and closes none, and begins the next one before it has synced the one before: after a power failure that may
   * end early, though nobody was told of the rest. It goes on behind any gap without a word.
   */
  #checkEmpty({ path, zxid }: ZxidFile): void {
    const before = this.#tree.lastZxid;
    if (!this.#isClosed || zxid <= before + 1n || !isSameEpoch(zxid, before)) return;
    const orElse = ', or remove this one, which holds nothing, to go on without what is lost';
    throw missing(path, before, zxid, orElse);
  }

  #entry(entry: LogEntry, path: string): void {
    const { header, txn } = entry;
    const before = this.#tree.lastZxid;
    if (header.zxid <= before) return;
    if (header.zxid > before + 1n && isSameEpoch(header.zxid, before)) {
      throw missing(path, before, header.zxid);
    }
    replaySession(this.#sessions, header, txn);
    if (txn.kind === 'createSession') this.#seen(header.sessionId);
    replayTxn(this.#tree, entry);
    this.#replayed++;
    this.#compare(entry);
  }

  #compare({ header, digest }: LogEntry): void {
    const actual = this.#tree.digest;
    if (header.zxid <= this.#fuzzyUntil) return;
    if (actual === null || digest?.version !== DIGEST_VERSION) return;
    if (digest.value === actual.value || this.#mismatches++ > 0) return;
    const facts = { zxid: hex(header.zxid), logged: digest.value, actual: actual.value };
    this.#logger.warn(facts, 'from here on the tree is not the one that the log was written with');
  }

  #compareSnapshot({ zxid, version, value }: ZxidDigest): void {
    const actual = this.#tree.digest?.value;
    if (version !== DIGEST_VERSION || actual === undefined || actual === value) return;
    const facts = { zxid: hex(zxid), expected: value, actual };
    this.#logger.warn(facts, 'the tree is not the one that the snapshot was written from');
  }

  #reportTorn(path: string, { offset }: LogEnd): void {
    const facts = { path, offset, lastZxid: hex(this.#tree.lastZxid) };
    this.#logger.warn(facts, 'the log ends in a write that a crash cut short; it is left out');
  }

  #seen(sessionId: bigint): void {
    if (sessionId > this.#highestSessionId) this.#highestSessionId = sessionId;
  }
}

/** A new leader of an ensemble begins a new epoch, so zxids jump there. */
function isSameEpoch(a: bigint, b: bigint): boolean {
  return a >> EPOCH_BITS === b >> EPOCH_BITS;
}

function missing(path: string, before: bigint, next: bigint, orElse = ''): ZooKeeperServerError {
  const message =
    `${path} goes on at zxid ${hex(next)}, but what was found before ends at ` +
    `${hex(before)}: a log is missing or damaged; nothing was changed. Restore it${orElse}`;
  return new ZooKeeperServerError('DATA_CORRUPT', message, { path });
}

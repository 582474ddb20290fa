import { join } from 'node:path';
import type { Disk } from './disk.ts';

/** A file that is named after a zxid. */
export interface ZxidFile {
  readonly path: string;
  readonly zxid: bigint;
}

/** How a snapshot is packed (ZooKeeper: `zookeeper.snapshot.compression.method`). */
export type Compression = 'none' | 'gz' | 'snappy';

/** A snapshot. */
export interface SnapshotFile extends ZxidFile {
  readonly compression: Compression;
}

/** Folder below the data directory that ZooKeeper keeps its files in. */
export const VERSION_FOLDER = 'version-2';

const LOG_NAME = /^log\.([0-9a-f]{1,16})$/;
const SNAPSHOT_NAME = /^snapshot\.([0-9a-f]{1,16})(?:\.(gz|snappy))?$/;
/** Read by no ZooKeeper. */
const UNFINISHED_NAME = /^unfinished-(?:(?:log|snapshot)\.[0-9a-f]{1,16}|highest-session-id)$/;

/** Name of the file with the highest session id that was given out. Apache ZooKeeper neither has nor reads it. */
export const SESSION_ID_MARK = 'highest-session-id';

/** Its name while it is written. */
export const UNFINISHED_SESSION_ID_MARK: string = `unfinished-${SESSION_ID_MARK}`;

/** Name of the log whose first transaction has this zxid. */
export function logName(zxid: bigint): string {
  return `log.${hexOf(zxid)}`;
}

/** Name of the snapshot that was begun after the transaction with this zxid. */
export function snapshotName(zxid: bigint): string {
  return `snapshot.${hexOf(zxid)}`;
}

/** Name of a log until its header is on disk. */
export function unfinishedLogName(zxid: bigint): string {
  return `unfinished-${logName(zxid)}`;
}

/** Name of a snapshot while it is written. */
export function unfinishedSnapshotName(zxid: bigint): string {
  return `unfinished-${snapshotName(zxid)}`;
}

/** The logs in a folder, oldest first. */
export async function listLogs(folder: string, disk: Disk): Promise<ZxidFile[]> {
  const found = await list(folder, LOG_NAME, disk);
  return found.map(({ file }) => file);
}

/** The snapshots in a folder, oldest first. */
export async function listSnapshots(folder: string, disk: Disk): Promise<SnapshotFile[]> {
  const found = await list(folder, SNAPSHOT_NAME, disk);
  return found.map(({ file, ending }) => ({ ...file, compression: compressionOf(ending) }));
}

/** What is left of files that a crash kept from getting their names. */
export async function listUnfinished(folder: string, disk: Disk): Promise<string[]> {
  const names = await disk.list(folder);
  return names.filter((name) => UNFINISHED_NAME.test(name)).map((name) => join(folder, name));
}

/** Of logs, oldest first, those that can hold what came after a zxid (ZooKeeper: `FileTxnLog.getLogFiles`). */
export function logsAfter(logs: readonly ZxidFile[], zxid: bigint): ZxidFile[] {
  const first = logs.findLastIndex((log) => log.zxid <= zxid);
  return logs.slice(Math.max(first, 0));
}

interface Found {
  readonly file: ZxidFile;
  readonly ending: string | undefined;
}

async function list(folder: string, pattern: RegExp, disk: Disk): Promise<Found[]> {
  const found: Found[] = [];
  for (const name of await disk.list(folder)) {
    const [, hex, ending] = pattern.exec(name) ?? [];
    if (hex === undefined) continue;
    found.push({ file: { path: join(folder, name), zxid: BigInt(`0x${hex}`) }, ending });
  }
  return found.sort((a, b) => (a.file.zxid < b.file.zxid ? -1 : 1));
}

function compressionOf(ending: string | undefined): Compression {
  return ending === 'gz' || ending === 'snappy' ? ending : 'none';
}

function hexOf(zxid: bigint): string {
  return BigInt.asUintN(64, zxid).toString(16);
}

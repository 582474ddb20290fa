import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { VERSION_FOLDER } from '../persistence/file-names.ts';

/** Where a server keeps its files of one kind, as ZooKeeper names it; empty in memory. */
export function versionFolder(folder: string | null): string {
  return folder === null ? '' : join(folder, VERSION_FOLDER);
}

/** Bytes of the files in a folder; 0 if there is none. */
export function folderBytes(folder: string): number {
  let bytes = 0;
  for (const name of namesIn(folder)) bytes += statOf(join(folder, name))?.size ?? 0;
  return bytes;
}

/** The newest snapshot in a folder and when it was finished, in ms since 1970; null if there is none. */
export function newestSnapshot(folder: string): { zxid: bigint; time: number } | null {
  let newest: bigint | null = null;
  for (const name of namesIn(folder)) {
    const hex = /^snapshot\.([0-9a-f]+)$/.exec(name)?.[1];
    if (hex === undefined) continue;
    const zxid = BigInt(`0x${hex}`);
    if (newest === null || zxid > newest) newest = zxid;
  }
  if (newest === null) return null;
  const time = statOf(join(folder, `snapshot.${newest.toString(16)}`))?.mtimeMs ?? 0;
  return { zxid: newest, time };
}

function namesIn(folder: string): string[] {
  try {
    return folder === '' ? [] : readdirSync(folder);
  } catch {
    // A folder of a simulated disk, or one that is being removed.
    return [];
  }
}

function statOf(path: string): { size: number; mtimeMs: number } | undefined {
  return statSync(path, { throwIfNoEntry: false });
}

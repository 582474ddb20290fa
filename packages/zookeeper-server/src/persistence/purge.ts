import type { Disk } from './disk.ts';
import { listLogs, listSnapshots, logsAfter } from './file-names.ts';

/**
 * Removes all but the newest snapshots, and the logs that none of those needs (ZooKeeper: `PurgeTxnLog`).
 * Returns the paths removed.
 */
export async function purge(
  folders: { snapshots: string; logs: string },
  retainCount: number,
  disk: Disk,
): Promise<string[]> {
  const snapshots = await listSnapshots(folders.snapshots, disk);
  const oldest = snapshots.at(-retainCount);
  if (oldest === undefined) return [];
  const logs = await listLogs(folders.logs, disk);
  const needed = new Set(logsAfter(logs, oldest.zxid).map(({ path }) => path));
  const superfluous = [
    ...snapshots.slice(0, -retainCount),
    ...logs.filter(({ path }) => !needed.has(path)),
  ];
  for (const { path } of superfluous) await disk.remove(path);
  return superfluous.map(({ path }) => path);
}

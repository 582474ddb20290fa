import { rm } from 'node:fs/promises';
import { listLogs, listSnapshots, logsAfter } from './file-names.ts';

/**
 * Removes all but the newest snapshots, and the logs that none of those needs (ZooKeeper: `PurgeTxnLog`).
 * Returns the paths removed.
 */
export async function purge(
  folders: { snapshots: string; logs: string },
  retainCount: number,
): Promise<string[]> {
  const snapshots = await listSnapshots(folders.snapshots);
  const oldest = snapshots.at(-retainCount);
  if (oldest === undefined) return [];
  const logs = await listLogs(folders.logs);
  const needed = new Set(logsAfter(logs, oldest.zxid).map(({ path }) => path));
  const superfluous = [
    ...snapshots.slice(0, -retainCount),
    ...logs.filter(({ path }) => !needed.has(path)),
  ];
  for (const { path } of superfluous) await rm(path, { force: true });
  return superfluous.map(({ path }) => path);
}

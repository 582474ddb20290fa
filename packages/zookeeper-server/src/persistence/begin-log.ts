import { join } from 'node:path';
import type { Disk, DiskFile } from './disk.ts';
import { logName, unfinishedLogName } from './file-names.ts';
import { LOG_HEADER } from './log-format.ts';

/**
 * A log that could not be begun could not be removed either. Nothing may be written to the log before it any more:
 * a reader that finds a snapshot behind the leftover's name takes the one before for finished.
 */
export class LeftoverLogError extends Error {
  override readonly name = 'LeftoverLogError';

  constructor(path: string, cause: Error) {
    super(`cannot remove ${path}, which holds nothing: ${cause.message}`, { cause });
  }
}

/**
 * Makes the log whose first entry will have this zxid: a header and nothing behind it, on disk whatever happens next.
 * Until the header is safe the file has a name that no ZooKeeper reads, because Apache ZooKeeper does not start on a log
 * without one. What cannot be begun leaves nothing behind; throws {@link LeftoverLogError} if it may have.
 */
export async function beginLog(
  folder: string,
  zxid: bigint,
  { disk, durable }: { disk: Disk; durable: boolean },
): Promise<DiskFile> {
  const unfinished = join(folder, unfinishedLogName(zxid));
  const path = join(folder, logName(zxid));
  const file = await disk.create(unfinished, { durable });
  let mayBeNamed = false;
  try {
    await new Promise<void>((resolve, reject) => {
      file.write(LOG_HEADER, 0, (error) => (error === null ? resolve() : reject(error)));
    });
    await file.sync();
    mayBeNamed = true;
    await disk.rename(unfinished, path);
    await disk.syncFolder(folder);
    return file;
  } catch (error) {
    await file.close();
    // Under that name it does no harm; the next start removes it.
    await disk.remove(unfinished).catch(() => {});
    if (mayBeNamed) await takeBack(folder, path, disk);
    throw error;
  }
}

async function takeBack(folder: string, path: string, disk: Disk): Promise<void> {
  try {
    await disk.remove(path);
    await disk.syncFolder(folder);
  } catch (cause) {
    throw new LeftoverLogError(path, cause instanceof Error ? cause : new Error(String(cause)));
  }
}

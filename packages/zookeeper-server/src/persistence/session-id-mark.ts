import { join } from 'node:path';
import { ZooKeeperServerError } from '../errors.ts';
import { ADLER_START, adler32 } from './adler32.ts';
import type { Disk } from './disk.ts';
import { SESSION_ID_MARK, UNFINISHED_SESSION_ID_MARK } from './file-names.ts';

const MAX_BYTES = 64;

/**
 * The highest session id that a data directory says was given out, 0 if it says nothing. Snapshots forget the sessions that
 * ended before them, and the logs that know them are removed. Throws `ZooKeeperServerError` `DATA_CORRUPT`.
 */
export async function readSessionIdMark(folder: string, disk: Disk): Promise<bigint> {
  if (!(await disk.list(folder)).includes(SESSION_ID_MARK)) return 0n;
  const path = join(folder, SESSION_ID_MARK);
  const file = await disk.open(path);
  const bytes = Buffer.alloc(MAX_BYTES);
  try {
    const length = await file.read(bytes, 0, bytes.length, 0);
    const text = bytes.toString('latin1', 0, length);
    const [hex] = /^0x[0-9a-f]{1,16}(?= )/.exec(text) ?? [];
    if (hex !== undefined && text === textOf(BigInt(hex))) return BigInt(hex);
  } finally {
    await file.close();
  }
  const message =
    `${path} is damaged at offset 0; nothing was changed. Restore it from a backup, or remove it: ` +
    'then session ids are given out again if the wall clock has gone back since the last run';
  throw new ZooKeeperServerError('DATA_CORRUPT', message, { path, offset: 0 });
}

/** Notes the highest session id that was given out; it is safe when the promise resolves. */
export async function writeSessionIdMark(folder: string, disk: Disk, id: bigint): Promise<void> {
  const unfinished = join(folder, UNFINISHED_SESSION_ID_MARK);
  const file = await disk.create(unfinished, { durable: false });
  try {
    await new Promise<void>((resolve, reject) => {
      const bytes = Buffer.from(textOf(id));
      file.write(bytes, 0, (error) => (error === null ? resolve() : reject(error)));
    });
    await file.sync();
  } finally {
    await file.close();
  }
  await disk.rename(unfinished, join(folder, SESSION_ID_MARK));
  await disk.syncFolder(folder);
}

/** One line: the id and a checksum of it. */
function textOf(id: bigint): string {
  const hex = `0x${id.toString(16)}`;
  const bytes = Buffer.from(hex);
  return `${hex} ${adler32(bytes, 0, bytes.length, ADLER_START).toString(16)}\n`;
}

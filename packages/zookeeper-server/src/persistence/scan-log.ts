import { JuteReader, ProtocolError } from '@mpim/zookeeper/protocol';
import { ZooKeeperServerError } from '../errors.ts';
import { ChunkReader } from './chunk-reader.ts';
import type { Disk } from './disk.ts';
import { ENTRY_HEADER_BYTES, entryBytes, LOG_HEADER } from './log-format.ts';
import { isEntry, judgeTail } from './torn-tail.ts';
import { type LoggedTxn, readTxn, UnknownTxnError } from './txn-codec.ts';

/** A transaction read from a log, with the tree's digest after it if the log says so. */
export interface LogEntry extends LoggedTxn {
  readonly digest: { readonly version: number; readonly value: bigint } | null;
}

/** How a log ends. */
export interface LogEnd {
  /** Where the last good entry ends: bytes from the start of the file. */
  readonly offset: number;
  readonly entries: number;
  /** Whether a write behind that was cut short. */
  readonly torn: boolean;
  /** Whether nothing at all stands behind that: it was closed in order. */
  readonly closed: boolean;
}

const DIGEST_BYTES = 12;
const LENGTH_AT = 8;
/** How far behind a bad entry good ones are looked for. */
const MAX_TAIL_BYTES = 64 << 20;

const UNBEGUN: LogEnd = { offset: 0, entries: 0, torn: true, closed: false };

/**
 * Reads a transaction log from front to back. Buffers of an entry are views that the next entry overwrites.
 * Throws `ZooKeeperServerError` `DATA_CORRUPT`, with file and offset, for anything but a clean or torn end.
 */
export async function scanLog(
  path: string,
  disk: Disk,
  visit: (entry: LogEntry) => void,
): Promise<LogEnd> {
  await using reader = await ChunkReader.open(path, disk);
  if (!(await reader.fill(LOG_HEADER.length))) return UNBEGUN;
  if (!reader.peek(LOG_HEADER.length).subarray(0, 8).equals(LOG_HEADER.subarray(0, 8))) {
    return await headless(reader, path);
  }
  reader.skip(LOG_HEADER.length);
  let entries = 0;
  for (;;) {
    const payload = await nextPayload(reader);
    if (payload === null) break;
    visit(decode(payload, path, reader.position));
    reader.skip(entryBytes(payload.length));
    entries++;
  }
  const { position: offset, size } = reader;
  return { offset, entries, torn: await isTorn(reader, path), closed: offset === size };
}

/** The payload of the next entry, in place; null if no good one follows. */
async function nextPayload(reader: ChunkReader): Promise<Buffer | null> {
  if (!reader.has(ENTRY_HEADER_BYTES) && !(await reader.fill(ENTRY_HEADER_BYTES))) return null;
  const length = reader.peekInt(LENGTH_AT);
  if (length <= 0) return null;
  const total = entryBytes(length);
  if (!reader.has(total) && !(await reader.fill(total))) return null;
  const bytes = reader.peek(total);
  return isEntry(bytes, 0) ? bytes.subarray(ENTRY_HEADER_BYTES, total - 1) : null;
}

function decode(payload: Buffer, path: string, offset: number): LogEntry {
  try {
    const input = new JuteReader(payload);
    const logged = readTxn(input);
    if (input.remaining < DIGEST_BYTES) return { ...logged, digest: null };
    return { ...logged, digest: { version: input.int(), value: input.long() } };
  } catch (cause) {
    if (!(cause instanceof ProtocolError || cause instanceof UnknownTxnError)) throw cause;
    throw corrupt(path, offset, `holds an entry that cannot be read (${cause.message})`, cause);
  }
}

async function isTorn(reader: ChunkReader, path: string): Promise<boolean> {
  const { position } = reader;
  const bytes = Math.min(reader.size - position, MAX_TAIL_BYTES);
  if (!(await reader.fill(bytes))) return true;
  const tail = judgeTail(reader.peek(bytes), position);
  if (tail === 'corrupt') throw corrupt(path, position, 'is damaged');
  return tail === 'torn';
}

/** A crash right after its creation leaves a log of zeros. */
async function headless(reader: ChunkReader, path: string): Promise<LogEnd> {
  const bytes = Math.min(reader.size, MAX_TAIL_BYTES);
  await reader.fill(bytes);
  if (reader.peek(bytes).some((byte) => byte !== 0)) {
    throw corrupt(path, 0, 'does not begin as a transaction log does');
  }
  return UNBEGUN;
}

function corrupt(path: string, offset: number, fault: string, cause?: Error): ZooKeeperServerError {
  const message =
    `${path} ${fault} at offset ${offset}; nothing was changed. ` +
    'Restore the file from a backup, or move the data directory away to start empty';
  return new ZooKeeperServerError('DATA_CORRUPT', message, { path, offset, cause });
}

import { ADLER_START, adler32 } from './adler32.ts';
import { ENTRY_END, ENTRY_HEADER_BYTES, entryBytes, MIN_PAYLOAD_BYTES } from './log-format.ts';

/** What stands behind the last good entry of a log. */
export type LogTail =
  /** Nothing, or the zeros of room that was set aside. */
  | 'clean'
  /** What is left of a write that a crash cut short; nobody was told that it had been done. */
  | 'torn'
  /** Entries that were whole once. */
  | 'corrupt';

const CHECKSUM_LOW_AT = 4;
const LENGTH_AT = 8;
const SECTOR_BYTES = 512;
/** No write that a crash may have left in disorder is longer than this, apart from a single longer entry. */
export const MAX_UNORDERED_BYTES: number = 1 << 20;

/**
 * Judges what follows the last good entry. `rest` begins there, at `offset` in the file, and need not hold
 * more than a few megabytes.
 *
 * A write cut short leaves a beginning with nothing behind it, or, when power fails, blocks of zeros
 * within what was one write. Anything else (an entry that is complete but does not match its checksum, or
 * good entries behind a bad one) was whole once, and what was acknowledged must not be dropped silently.
 */
export function judgeTail(rest: Buffer, offset: number): LogTail {
  const bytes = withoutZeros(rest);
  if (bytes.length === 0) return 'clean';
  const behind = findEntry(bytes, 1);
  if (behind < 0 && !isWhole(bytes)) return 'torn';
  const end = behind < 0 ? bytes.length : behind;
  const isOneWrite = behind < 0 || bytes.length <= MAX_UNORDERED_BYTES;
  return isOneWrite && hasEmptySector(bytes, offset, end) ? 'torn' : 'corrupt';
}

/** Whether a good entry stands at the beginning of these bytes. */
export function isEntry(bytes: Buffer, at: number): boolean {
  if (at + ENTRY_HEADER_BYTES > bytes.length || bytes.readUInt32BE(at) !== 0) return false;
  const length = bytes.readInt32BE(at + LENGTH_AT);
  if (length < MIN_PAYLOAD_BYTES || at + entryBytes(length) > bytes.length) return false;
  return bytes[at + ENTRY_HEADER_BYTES + length] === ENTRY_END && matches(bytes, at, length);
}

function withoutZeros(bytes: Buffer): Buffer {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  return bytes.subarray(0, end);
}

function findEntry(bytes: Buffer, from: number): number {
  for (let at = from; at + ENTRY_HEADER_BYTES < bytes.length; at++) {
    if (isEntry(bytes, at)) return at;
  }
  return -1;
}

/** Whether the entry at the front has its last byte, though it is not good. */
function isWhole(bytes: Buffer): boolean {
  if (bytes.length < ENTRY_HEADER_BYTES) return false;
  const length = bytes.readInt32BE(LENGTH_AT);
  const end = ENTRY_HEADER_BYTES + length;
  if (length >= MIN_PAYLOAD_BYTES && end < bytes.length) {
    if (bytes[end] === ENTRY_END || matches(bytes, 0, length)) return true;
  }
  // The length itself may be what is wrong: then the checksum fits all that is there.
  const all = bytes.length - ENTRY_HEADER_BYTES - 1;
  return bytes.at(-1) === ENTRY_END && all >= MIN_PAYLOAD_BYTES && matches(bytes, 0, all);
}

function matches(bytes: Buffer, at: number, length: number): boolean {
  const start = at + ENTRY_HEADER_BYTES;
  const checksum = bytes.readUInt32BE(at + CHECKSUM_LOW_AT);
  return checksum === adler32(bytes, start, start + length, ADLER_START);
}

/**
 * Whether a sector of the disk is empty between the front of `bytes` and `end`. The first one holds good entries
 * too, which were safe before; of it only what follows them can be missing.
 */
function hasEmptySector(bytes: Buffer, offset: number, end: number): boolean {
  const first = (SECTOR_BYTES - (offset % SECTOR_BYTES)) % SECTOR_BYTES;
  // Every entry begins with zeros, so that fewer of them tell nothing.
  if (first > CHECKSUM_LOW_AT && isEmpty(bytes, 0, first)) return true;
  // The zeros that the entry at the end begins with may have been the last of a missing sector.
  for (let at = first; at + SECTOR_BYTES <= end + CHECKSUM_LOW_AT; at += SECTOR_BYTES) {
    if (isEmpty(bytes, at, at + SECTOR_BYTES)) return true;
  }
  return false;
}

function isEmpty(bytes: Buffer, from: number, to: number): boolean {
  return bytes.subarray(from, to).every((byte) => byte === 0);
}

import { badFrameError, RpcError } from '../errors.ts';
import { getUint16, putUint16 } from './bytes.ts';

/** Words that travel with a call beside its message. Keys are lower case, see {@link encodeMetadata}. */
export type Metadata = Readonly<Record<string, string>>;

/** No metadata: shared by all calls that have none. */
export const NO_METADATA: Metadata = Object.freeze(Object.create(null) as Record<string, string>);

const KEY = /^[a-z0-9_.-]{1,128}$/;
const MAX_VALUE_BYTES = 0xffff;

/**
 * The block of a call's metadata: u16 length of the rest, then per entry u8 key length, key, u16 value
 * length, value (UTF-8). `undefined` when there is nothing to send.
 *
 * Throws RpcError INVALID_ARGUMENT for a key that is not 1 to 128 of `a-z 0-9 _ . -`, RESOURCE_EXHAUSTED when
 * the block is longer than `maxBytes`.
 */
export function encodeMetadata(metadata: Metadata, maxBytes: number): Buffer | undefined {
  const keys = Object.keys(metadata);
  if (keys.length === 0) return undefined;
  let size = 2;
  for (const key of keys) {
    if (!KEY.test(key)) {
      throw new RpcError(
        'INVALID_ARGUMENT',
        `metadata key ${JSON.stringify(key)} is not 1 to 128 of a-z 0-9 _ . -`,
        { reason: 'BAD_METADATA' },
      );
    }
    const valueBytes = Buffer.byteLength(metadata[key] as string);
    if (valueBytes > MAX_VALUE_BYTES) throw tooLarge(valueBytes, MAX_VALUE_BYTES);
    size += 3 + key.length + valueBytes;
  }
  if (size > maxBytes || size - 2 > 0xffff) throw tooLarge(size, Math.min(maxBytes, 0xffff));
  const block = Buffer.allocUnsafe(size);
  putUint16(block, 0, size - 2);
  let at = 2;
  for (const key of keys) {
    block[at] = key.length;
    block.write(key, at + 1, 'latin1');
    at += 1 + key.length;
    const written = block.write(metadata[key] as string, at + 2, 'utf8');
    putUint16(block, at, written);
    at += 2 + written;
  }
  return block;
}

/**
 * Reads a metadata block that begins at `start` of a body ending at `end`.
 * Throws RpcError `BAD_FRAME` when the block is longer than the body or an entry longer than the block.
 */
export function decodeMetadata(
  bytes: Buffer,
  start: number,
  end: number,
  maxBytes: number,
): Metadata {
  const blockEnd = metadataEnd(bytes, start, end);
  if (blockEnd - start > maxBytes) {
    throw badFrameError(`metadata of ${blockEnd - start} bytes is larger than ${maxBytes}`);
  }
  // No prototype: a key such as `__proto__` is a key like any other.
  const metadata = Object.create(null) as Record<string, string>;
  let at = start + 2;
  while (at < blockEnd) {
    const keyEnd = at + 1 + (bytes[at] as number);
    if (keyEnd + 2 > blockEnd) throw badFrameError('a metadata key runs past its block');
    const valueEnd = keyEnd + 2 + getUint16(bytes, keyEnd);
    if (valueEnd > blockEnd) throw badFrameError('a metadata value runs past its block');
    metadata[bytes.toString('latin1', at + 1, keyEnd)] = bytes.toString(
      'utf8',
      keyEnd + 2,
      valueEnd,
    );
    at = valueEnd;
  }
  return metadata;
}

/** Where the metadata block that begins at `start` ends. Throws RpcError `BAD_FRAME` when the body is shorter. */
export function metadataEnd(bytes: Buffer, start: number, end: number): number {
  const blockEnd = start + 2 <= end ? start + 2 + getUint16(bytes, start) : Infinity;
  if (blockEnd > end) throw badFrameError('a metadata block runs past its frame');
  return blockEnd;
}

function tooLarge(bytes: number, limit: number): RpcError {
  return new RpcError(
    'RESOURCE_EXHAUSTED',
    `metadata of ${bytes} bytes is larger than the peer's limit of ${limit}`,
    { reason: 'METADATA_TOO_LARGE', retryable: false },
  );
}

import { badFrameError } from '../errors.ts';
import { getUint16, getUint32, putUint16, putUint32 } from './bytes.ts';
import { DEFAULT_LIMITS, MAGIC, WIRE_VERSION, type WireLimits } from './constants.ts';

/** The first frame of each side: who speaks, what it can do and what it accepts. */
export interface Hello extends WireLimits {
  /** The highest version of the format it speaks. */
  version: number;
  /** The lowest version it speaks. */
  minVersion: number;
  /** Bits of {@link Capability}. */
  capabilities: number;
  /** Tagged fields, see {@link HelloField}. Unknown ones are kept and ignored. */
  fields: ReadonlyMap<number, Buffer>;
}

/** What a side can do beyond unary calls. Bits without a meaning are sent as 0 and ignored. */
export const Capability = { STREAMING: 0x1, COMPRESSION: 0x2 } as const;

/** Tags of HELLO's fields. */
export const HelloField = {
  /** Schemes, 0x00, 32 random bytes: how the client authenticates, what the server accepts. */
  AUTHENTICATION: 1,
  /** u32: the window of each stream, 256 KiB when left out. Read into `streamWindowBytes`. */
  STREAM_WINDOW: 2,
  /** u8 each: the algorithms the sender can decompress, the preferred one first. */
  COMPRESSION: 3,
} as const;

const FIXED_BYTES = 18;

/** The body of a HELLO frame. */
export function encodeHello(hello: Hello): Buffer {
  let size = FIXED_BYTES + 8;
  for (const value of hello.fields.values()) size += 4 + value.length;
  const body = Buffer.alloc(size);
  putUint32(body, 0, MAGIC);
  body[4] = hello.version;
  body[5] = hello.minVersion;
  putUint32(body, 6, hello.capabilities);
  putUint32(body, 10, hello.maxFrameBytes);
  putUint32(body, 14, hello.maxMetadataBytes);
  putUint16(body, FIXED_BYTES, HelloField.STREAM_WINDOW);
  putUint16(body, FIXED_BYTES + 2, 4);
  putUint32(body, FIXED_BYTES + 4, hello.streamWindowBytes);
  let at = FIXED_BYTES + 8;
  for (const [tag, value] of hello.fields) {
    putUint16(body, at, tag);
    putUint16(body, at + 2, value.length);
    value.copy(body, at + 4);
    at += 4 + value.length;
  }
  return body;
}

/** Reads the body of a HELLO frame. Throws RpcError `BAD_FRAME` when it is none, or speaks no version known here. */
export function decodeHello(bytes: Buffer, start: number, end: number): Hello {
  if (end - start < FIXED_BYTES || getUint32(bytes, start) !== MAGIC) {
    throw badFrameError('the peer does not speak mprpc: its first frame is no HELLO');
  }
  const version = bytes[start + 4] as number;
  const minVersion = bytes[start + 5] as number;
  if (minVersion > WIRE_VERSION || version < WIRE_VERSION) {
    throw badFrameError(
      `the peer speaks versions ${minVersion} to ${version} of mprpc, this side version ${WIRE_VERSION}`,
    );
  }
  const fields = new Map<number, Buffer>();
  let { streamWindowBytes } = DEFAULT_LIMITS;
  let at = start + FIXED_BYTES;
  while (at < end) {
    const valueEnd = at + 4 <= end ? at + 4 + getUint16(bytes, at + 2) : Infinity;
    if (valueEnd > end) throw badFrameError('a field of HELLO runs past its frame');
    const tag = getUint16(bytes, at);
    const value = bytes.subarray(at + 4, valueEnd);
    at = valueEnd;
    if (tag !== HelloField.STREAM_WINDOW) {
      fields.set(tag, value);
      continue;
    }
    if (value.length !== 4) throw badFrameError('the stream window of HELLO is not 4 bytes long');
    streamWindowBytes = getUint32(value, 0);
  }
  return {
    version,
    minVersion,
    capabilities: getUint32(bytes, start + 6),
    maxFrameBytes: getUint32(bytes, start + 10),
    maxMetadataBytes: getUint32(bytes, start + 14),
    streamWindowBytes,
    fields,
  };
}

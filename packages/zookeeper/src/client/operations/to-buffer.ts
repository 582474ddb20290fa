import { Buffer } from 'node:buffer';
import { badArgument } from '../arguments.ts';

/**
 * Node data as the wire wants it, without copying: text as UTF-8, null as null. Throws `BAD_ARGUMENTS` for anything else;
 * `path` is for its message.
 */
export function toBuffer(data: Uint8Array | string | null, path: string): Buffer | null {
  if (data === null) return null;
  if (typeof data === 'string') return Buffer.from(data);
  if (Buffer.isBuffer(data)) return data;
  if (ArrayBuffer.isView(data)) return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  throw badArgument(`data of ${path}`, data, 'text, a Uint8Array or null', path);
}

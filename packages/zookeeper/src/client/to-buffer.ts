/** Node data as the wire wants it, without copying: text as UTF-8, null as null. */
export function toBuffer(data: Uint8Array | string | null | undefined): Buffer | null {
  if (data === null || data === undefined) return null;
  if (typeof data === 'string') return Buffer.from(data);
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}

/**
 * Bytes out of an answer, for the caller to keep: a few bytes must not hold the whole chunk that they
 * came in, so they are copied unless they are most of it.
 */
export function detached(data: Buffer | null): Buffer | null {
  if (data === null || data.length * 2 > data.buffer.byteLength) return data;
  return Buffer.from(data);
}

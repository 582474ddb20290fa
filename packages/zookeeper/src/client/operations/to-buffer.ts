/** Node data as the wire wants it, without copying: text as UTF-8, null as null. */
export function toBuffer(data: Uint8Array | string | null | undefined): Buffer | null {
  if (data === null || data === undefined) return null;
  if (typeof data === 'string') return Buffer.from(data);
  if (Buffer.isBuffer(data)) return data;
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}

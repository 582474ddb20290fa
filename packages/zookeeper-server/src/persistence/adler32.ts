const MODULUS = 65_521;
/** As many bytes as can be added up within 31 bits, so that the sums stay small integers. */
const BLOCK_BYTES = 3800;

/** The Adler-32 of no bytes: where a running checksum begins. */
export const ADLER_START = 1;

/** Continues an Adler-32 with `bytes[start, end)`; an unsigned 32-bit integer. */
export function adler32(bytes: Uint8Array, start: number, end: number, before: number): number {
  let a = before & 0xffff;
  let b = before >>> 16;
  for (let at = start; at < end; ) {
    const stop = Math.min(at + BLOCK_BYTES, end);
    for (; at < stop; at++) {
      a += bytes[at] as number;
      b += a;
    }
    a %= MODULUS;
    b %= MODULUS;
  }
  return ((b << 16) | a) >>> 0;
}

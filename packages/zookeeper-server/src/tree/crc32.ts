import { crc32 as nativeCrc32 } from 'node:zlib';

const POLYNOMIAL = 0xedb8_8320;
/** From here on a call out of JavaScript pays (measured: it costs about 300 ns whatever the length). */
const NATIVE_FROM_BYTES = 256;

const [T0, T1, T2, T3] = makeTables();

/** Continues a CRC-32 with bytes; begin with 0. The result is a signed 32-bit integer. */
export function crc32OfBytes(bytes: Uint8Array, before: number): number {
  if (bytes.length >= NATIVE_FROM_BYTES) return nativeCrc32(bytes, before >>> 0) | 0;
  const fours = bytes.length & ~3;
  let crc = ~before;
  let i = 0;
  for (; i < fours; i += 4) {
    crc =
      (T3[(crc ^ (bytes[i] as number)) & 0xff] as number) ^
      (T2[((crc >>> 8) ^ (bytes[i + 1] as number)) & 0xff] as number) ^
      (T1[((crc >>> 16) ^ (bytes[i + 2] as number)) & 0xff] as number) ^
      (T0[(crc >>> 24) ^ (bytes[i + 3] as number)] as number);
  }
  for (; i < bytes.length; i++) crc = step(crc, bytes[i] as number);
  return ~crc;
}

/** Continues a CRC-32 with the UTF-8 bytes of a text. */
export function crc32OfText(text: string, before: number): number {
  let crc = ~before;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > 0x7f) return nativeCrc32(text, before >>> 0) | 0;
    crc = step(crc, unit);
  }
  return ~crc;
}

/** Continues a CRC-32 with 32-bit words, each big-endian, the first `count` of `words`. */
export function crc32OfWords(words: Int32Array, count: number, before: number): number {
  let crc = ~before;
  for (let i = 0; i < count; i++) {
    const word = words[i] as number;
    crc =
      (T3[(crc ^ (word >>> 24)) & 0xff] as number) ^
      (T2[((crc >>> 8) ^ (word >>> 16)) & 0xff] as number) ^
      (T1[((crc >>> 16) ^ (word >>> 8)) & 0xff] as number) ^
      (T0[((crc >>> 24) ^ word) & 0xff] as number);
  }
  return ~crc;
}

function step(crc: number, byte: number): number {
  return (T0[(crc ^ byte) & 0xff] as number) ^ (crc >>> 8);
}

/** Four tables: one to take a byte, all of them to take four at once. */
function makeTables(): [Int32Array, Int32Array, Int32Array, Int32Array] {
  const first = Int32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    return crc;
  });
  const after = (table: Int32Array): Int32Array =>
    table.map((crc) => (crc >>> 8) ^ (first[crc & 0xff] as number));
  const second = after(first);
  const third = after(second);
  return [first, second, third, after(third)];
}

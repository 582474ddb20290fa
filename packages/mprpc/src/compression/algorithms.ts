import * as zlib from 'node:zlib';

/** How a message can be made smaller; the numbers travel (`docs/mprpc-wire.md`, Compression). */
export interface Algorithm {
  readonly number: number;
  /** Makes it smaller, as fast as it can. */
  compress(message: Uint8Array): Uint8Array;
  /** The reverse. Throws when that gives more than `size` bytes, or `bytes` are none of its making. */
  decompress(bytes: Uint8Array, size: number): Uint8Array;
}

/** The names of {@link Algorithm}s. */
export type CompressionAlgorithm = 'zstd' | 'deflate';

/** The largest window a zstd frame may ask for: what every decoder has to accept (RFC 8878, 3.1.1.1.2). */
const MAX_WINDOW_LOG = 23;
/** The smallest buffer node:zlib takes. */
const MIN_CHUNK = 64;

/**
 * One buffer for what was announced, which was checked before, and an end to the work when the bytes give more. With
 * a byte to spare node:zlib sees at once that it is done, and takes no second buffer.
 */
function bounded(size: number): { chunkSize: number; maxOutputLength: number } {
  return { chunkSize: Math.max(size + 1, MIN_CHUNK), maxOutputLength: Math.max(size, 1) };
}

/** All that this version knows, the preferred one first. */
export const ALGORITHMS: Readonly<Record<CompressionAlgorithm, Algorithm>> = {
  zstd: {
    number: 2,
    compress: (message) =>
      zlib.zstdCompressSync(message, {
        params: { [zlib.constants.ZSTD_c_compressionLevel]: 1 },
      }),
    decompress: (bytes, size) =>
      zlib.zstdDecompressSync(bytes, {
        ...bounded(size),
        params: { [zlib.constants.ZSTD_d_windowLogMax]: MAX_WINDOW_LOG },
      }),
  },
  deflate: {
    number: 1,
    compress: (message) => zlib.deflateSync(message, { level: 1 }),
    decompress: (bytes, size) => zlib.inflateSync(bytes, bounded(size)),
  },
};

/** All names, the preferred one first. */
export const ALGORITHM_NAMES = ['zstd', 'deflate'] as const satisfies CompressionAlgorithm[];

/** The algorithm with this number; `undefined` for one not known here. */
export function algorithmOf(number: number): Algorithm | undefined {
  return ALGORITHM_NAMES.map((name) => ALGORITHMS[name]).find((one) => one.number === number);
}

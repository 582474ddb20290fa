import type { Algorithm } from './algorithms.ts';
import type { Compression } from './compression.ts';

/** Compression as the two sides of one connection agreed on it. */
export class AgreedCompression {
  readonly #compression: Compression;
  /** How the peer wants it; `undefined`: not at all, though it may send compressed messages itself. */
  readonly #algorithm: Algorithm | undefined;

  constructor(compression: Compression, peerAccepts: Uint8Array | undefined) {
    this.#compression = compression;
    if (peerAccepts !== undefined) this.#algorithm = compression.choose(peerAccepts);
  }

  /** A message as it is to travel compressed; `undefined`: as it is. See {@link Compression.compress}. */
  pack(message: Uint8Array, kind: object): Uint8Array | undefined {
    const algorithm = this.#algorithm;
    return algorithm === undefined
      ? undefined
      : this.#compression.compress(algorithm, message, kind);
  }

  /** What reads the compressed message in these bytes. Throws RpcError `BAD_FRAME` when it would be too large. */
  checked(bytes: Buffer, start: number, end: number, maxBytes: number): Compression {
    this.#compression.check(bytes, start, end, maxBytes);
    return this.#compression;
  }
}

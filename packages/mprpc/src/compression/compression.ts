import { badFrameError } from '../errors.ts';
import { getUint32, putUint32 } from '../wire/bytes.ts';
import { HEADER_BYTES } from '../wire/constants.ts';
import {
  ALGORITHM_NAMES,
  ALGORITHMS,
  type Algorithm,
  algorithmOf,
  type CompressionAlgorithm,
} from './algorithms.ts';

/** How a channel or provider compresses; both ends of a connection must. */
export interface CompressionOptions {
  /** Messages shorter than this are sent as they are, in bytes. Default 1024. */
  readonly thresholdBytes?: number;
  /** What this side can read, the preferred one first. Default: zstd, deflate. */
  readonly algorithms?: readonly CompressionAlgorithm[];
}

/** What compression has done so far. */
export interface CompressionStats {
  /** Messages sent compressed. */
  readonly sent: number;
  /** Bytes that therefore did not cross the wire. */
  readonly sentSavedBytes: number;
  /** Messages received compressed. */
  readonly received: number;
  readonly receivedSavedBytes: number;
}

/** Bytes before the compressed ones: u8 algorithm, u32 length of the message. */
const PREFIX_BYTES = 5;
/** A message counts as shrunk when at least an eighth is gone: less is not worth the other side's work. */
const MIN_SAVED_SHARE = 1 / 8;
/** Messages of a method left alone after one that did not shrink, doubled each time in a row. */
const FIRST_SKIP = 4;
const MAX_SKIP = 256;

interface Stubborn {
  skip: number;
  left: number;
}

/**
 * What all connections of one channel or provider share to compress their messages. Made only where compression is
 * switched on.
 */
export class Compression {
  readonly thresholdBytes: number;
  /** For HELLO: the numbers of the algorithms that can be read, in order of preference. */
  readonly accepted: Buffer;
  readonly #algorithms: readonly Algorithm[];
  /** Methods whose last message did not shrink (pictures, ciphertext): not every one of them is tried. */
  readonly #stubborn = new WeakMap<object, Stubborn>();
  readonly #stats = { sent: 0, sentSavedBytes: 0, received: 0, receivedSavedBytes: 0 };

  constructor({ thresholdBytes = 1024, algorithms = ALGORITHM_NAMES }: CompressionOptions = {}) {
    this.thresholdBytes = Math.max(1, thresholdBytes);
    this.#algorithms = algorithms.map((name) => ALGORITHMS[name]);
    this.accepted = Buffer.from(this.#algorithms.map(({ number }) => number));
  }

  get stats(): CompressionStats {
    return { ...this.#stats };
  }

  /** The algorithm to use with a peer that can read these; `undefined` when there is none both know. */
  choose(peerAccepts: Uint8Array): Algorithm | undefined {
    for (const number of peerAccepts) {
      const algorithm = this.#algorithms.find((one) => one.number === number);
      if (algorithm !== undefined) return algorithm;
    }
    return undefined;
  }

  /**
   * The message as it travels compressed; `undefined` when it is to be sent as it is: short, or one that does not
   * shrink. `kind`: messages that are alike, a method's requests or its responses.
   */
  compress(algorithm: Algorithm, message: Uint8Array, kind: object): Uint8Array | undefined {
    if (message.length < this.thresholdBytes) return undefined;
    const stubborn = this.#stubborn.get(kind);
    if (stubborn !== undefined && stubborn.left > 0) {
      stubborn.left--;
      return undefined;
    }
    const packed = algorithm.compress(message);
    const size = PREFIX_BYTES + packed.length;
    if (size > message.length * (1 - MIN_SAVED_SHARE)) {
      const skip = stubborn === undefined ? FIRST_SKIP : Math.min(stubborn.skip * 2, MAX_SKIP);
      this.#stubborn.set(kind, { skip, left: skip });
      return undefined;
    }
    if (stubborn !== undefined) this.#stubborn.delete(kind);
    const framed = Buffer.allocUnsafe(size);
    framed[0] = algorithm.number;
    putUint32(framed, 1, message.length);
    framed.set(packed, PREFIX_BYTES);
    this.#stats.sent++;
    this.#stats.sentSavedBytes += message.length - size;
    return framed;
  }

  /**
   * Looks at what a compressed message says of itself. Throws RpcError `BAD_FRAME` for an algorithm that was not
   * offered and for a message that would not be let through uncompressed.
   */
  check(bytes: Uint8Array, start: number, end: number, maxFrameBytes: number): void {
    if (end - start < PREFIX_BYTES) {
      throw badFrameError('a compressed message is shorter than 5 bytes');
    }
    if (!this.accepted.includes(bytes[start] as number)) {
      throw badFrameError(`a message is compressed by ${bytes[start]}, which was not agreed on`);
    }
    const size = getUint32(bytes, start + 1);
    if (HEADER_BYTES + size > maxFrameBytes) {
      throw badFrameError(
        `a compressed message of ${size} bytes is larger than the limit of ${maxFrameBytes}`,
      );
    }
  }

  /** The message of a checked range. Throws RangeError when the bytes do not give it. */
  decompress(bytes: Uint8Array, start: number, end: number): Uint8Array {
    const size = getUint32(bytes, start + 1);
    const message = algorithmOf(bytes[start] as number)?.decompress(
      bytes.subarray(start + PREFIX_BYTES, end),
      size,
    );
    if (message?.length !== size)
      throw new RangeError(`it does not give the ${size} bytes it says`);
    this.#stats.received++;
    this.#stats.receivedSavedBytes += size - (end - start);
    return new Uint8Array(message.buffer, message.byteOffset, size);
  }
}

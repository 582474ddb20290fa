import { badFrameError } from '../errors.ts';
import { getUint32 } from './bytes.ts';
import { HEADER_BYTES } from './constants.ts';

/** Receives frames: the body is `bytes[start, end)`. The bytes are never overwritten afterwards. */
export interface FrameSink {
  onFrame(type: number, flags: number, id: number, bytes: Buffer, start: number, end: number): void;
}

/** Frames up to this size are worth no copy. */
const RANGE_BYTES = 16 * 1024;

/**
 * Cuts a byte stream into frames, wherever the network split it. Small frames that lie whole in a chunk are
 * handed on as ranges of that chunk; one that spans chunks, or is large, is gathered into a buffer of its exact
 * size, so no byte is copied more than once. The chunks of large frames are then free again: with them kept,
 * V8 collected the whole heap up to eight times a second for their sake, which was half of what a call of
 * 64 KB cost (`bench rpc-curve`).
 */
export class FrameDecoder {
  readonly #sink: FrameSink;
  /** The largest frame let through; may be changed between frames. */
  maxFrameBytes: number;
  /** The frame being gathered: its length field first, then a buffer for all of it. */
  readonly #prefix = Buffer.alloc(4);
  #partial: Buffer | null = null;
  #filled = 0;
  #stopped = false;

  constructor(sink: FrameSink, maxFrameBytes: number) {
    this.#sink = sink;
    this.maxFrameBytes = maxFrameBytes;
  }

  /** True between frames: a connection that ends here was not cut inside one. */
  get atBoundary(): boolean {
    return this.#filled === 0;
  }

  /** Hands on no further frame, not even of the chunk at hand. */
  stop(): void {
    this.#stopped = true;
    this.#partial = null;
  }

  /**
   * Takes the next chunk of the stream. True when no frame of it was handed on as a range: nobody refers to it any
   * more. Throws RpcError `BAD_FRAME` for an impossible length.
   */
  push(chunk: Buffer): boolean {
    let isFree = true;
    let at = this.#filled > 0 ? this.#gather(chunk, 0) : 0;
    const length = chunk.length;
    while (!this.#stopped && length - at >= HEADER_BYTES) {
      const end = at + 4 + this.#checkLength(getUint32(chunk, at));
      if (end > length) break;
      if (end - at > RANGE_BYTES) {
        at = this.#gather(chunk, at);
        continue;
      }
      isFree = false;
      this.#sink.onFrame(
        chunk[at + 4] as number,
        chunk[at + 5] as number,
        getUint32(chunk, at + 6),
        chunk,
        at + HEADER_BYTES,
        end,
      );
      at = end;
    }
    if (!this.#stopped && at < length) this.#gather(chunk, at);
    return isFree;
  }

  #checkLength(length: number): number {
    if (length < HEADER_BYTES - 4) {
      throw badFrameError(`a length of ${length} is shorter than the header`);
    }
    if (length + 4 > this.maxFrameBytes) {
      throw badFrameError(
        `a frame of ${length + 4} bytes is larger than the limit of ${this.maxFrameBytes}`,
      );
    }
    return length;
  }

  /** Continues the frame that spans chunks; returns how far the chunk is used up. */
  #gather(chunk: Buffer, from: number): number {
    let at = from;
    if (this.#partial === null) {
      while (this.#filled < 4) {
        if (at === chunk.length) return at;
        this.#prefix[this.#filled++] = chunk[at++] as number;
      }
      const total = 4 + this.#checkLength(getUint32(this.#prefix, 0));
      this.#partial = Buffer.allocUnsafe(total);
      this.#prefix.copy(this.#partial);
    }
    const partial = this.#partial;
    const copied = chunk.copy(partial, this.#filled, at);
    this.#filled += copied;
    at += copied;
    if (this.#filled === partial.length) {
      this.#partial = null;
      this.#filled = 0;
      this.#sink.onFrame(
        partial[4] as number,
        partial[5] as number,
        getUint32(partial, 6),
        partial,
        HEADER_BYTES,
        partial.length,
      );
    }
    return at;
  }
}

import { ProtocolError } from './errors.ts';
import type { JuteReader } from './jute-reader.ts';

/** Largest frame a server accepts by default: ZooKeeper's `jute.maxbuffer`, in bytes. */
export const MAX_FRAME_BYTES = 0xf_ffff;

const HEADER_BYTES = 4;
const EMPTY = Buffer.alloc(0);

/**
 * Splits a TCP stream into frames: an int32 length, then that many bytes. A frame that arrives within
 * one chunk is a view into it; one that spans chunks is gathered into a buffer of its exact size, so
 * nothing is concatenated per read. The memory of a chunk may be used again once `next` has given null behind it and
 * its frames have been read, or {@link keep} was called.
 *
 * @example
 * decoder.push(chunk);
 * for (let frame = decoder.next(); frame !== null; frame = decoder.next()) handle(frame);
 */
export class FrameDecoder {
  readonly #maxBytes: number;
  #queue: Buffer[] = [];
  #chunk: Buffer = EMPTY;
  #offset = 0;
  readonly #header = Buffer.allocUnsafe(HEADER_BYTES);
  #headerFilled = 0;
  /** The frame being gathered over several chunks. */
  #partial: Buffer | null = null;
  #partialFilled = 0;
  /** The frame found last. */
  #source: Buffer = EMPTY;
  #start = 0;
  #end = 0;

  constructor(maxBytes: number = MAX_FRAME_BYTES) {
    this.#maxBytes = maxBytes;
  }

  /** Adds bytes as they came from the socket. */
  push(chunk: Buffer): void {
    if (chunk.length === 0) return;
    if (this.#offset === this.#chunk.length && this.#queue.length === 0) {
      this.#chunk = chunk;
      this.#offset = 0;
    } else {
      this.#queue.push(chunk);
    }
  }

  /** Copies what has not been read yet of the chunk that was added last, whose memory may be used again then. */
  keep(): void {
    const last = this.#queue.pop();
    if (last !== undefined) this.#queue.push(Buffer.from(last));
    else if (this.#offset < this.#chunk.length) {
      this.#chunk = Buffer.from(this.#chunk.subarray(this.#offset));
      this.#offset = 0;
    }
  }

  /**
   * The next whole frame without its length, or null until more bytes come.
   *
   * Throws `ProtocolError` `FRAME_LENGTH` (its `length` holds the four bytes read as an int32, which a
   * server needs to recognise a four-letter word) when a length is negative or above the maximum.
   * The stream cannot be read on after that.
   */
  next(): Buffer | null {
    return this.#find() ? this.#source.subarray(this.#start, this.#end) : null;
  }

  /** The same without a buffer for each frame: lets `input` begin with it, and says whether there was one. */
  nextInto(input: JuteReader): boolean {
    if (!this.#find()) return false;
    input.reset(this.#source, this.#start, this.#end);
    return true;
  }

  /** Looks for the next frame; where it lies is in `#source`, `#start` and `#end`. */
  #find(): boolean {
    if (this.#partial === null) {
      const length = this.#readLength();
      if (length === null) return false;
      const end = this.#offset + length;
      if (this.#chunk.length >= end) {
        this.#source = this.#chunk;
        this.#start = this.#offset;
        this.#end = end;
        this.#offset = end;
        return true;
      }
      this.#partial = Buffer.allocUnsafe(length);
      this.#partialFilled = 0;
    }
    if (!this.#gather(this.#partial)) return false;
    this.#source = this.#partial;
    this.#start = 0;
    this.#end = this.#partial.length;
    this.#partial = null;
    return true;
  }

  #readLength(): number | null {
    let length: number;
    if (this.#headerFilled === 0 && this.#chunk.length - this.#offset >= HEADER_BYTES) {
      length = this.#chunk.readInt32BE(this.#offset);
      this.#offset += HEADER_BYTES;
    } else {
      while (this.#headerFilled < HEADER_BYTES) {
        if (!this.#hasBytes()) return null;
        const byte = this.#chunk[this.#offset++] ?? 0;
        this.#header[this.#headerFilled++] = byte;
      }
      this.#headerFilled = 0;
      length = this.#header.readInt32BE(0);
    }
    if (length < 0 || length > this.#maxBytes) {
      const message = `frame of ${length} bytes: allowed are 0 to ${this.#maxBytes}`;
      throw new ProtocolError('FRAME_LENGTH', message, { length });
    }
    return length;
  }

  #gather(frame: Buffer): boolean {
    while (this.#partialFilled < frame.length) {
      if (!this.#hasBytes()) return false;
      const copied = this.#chunk.copy(frame, this.#partialFilled, this.#offset);
      this.#partialFilled += copied;
      this.#offset += copied;
    }
    return true;
  }

  #hasBytes(): boolean {
    if (this.#offset < this.#chunk.length) return true;
    const following = this.#queue.shift();
    this.#chunk = following ?? EMPTY;
    this.#offset = 0;
    return following !== undefined;
  }
}

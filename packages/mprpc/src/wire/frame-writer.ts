import { putUint32 } from './bytes.ts';
import { HEADER_BYTES } from './constants.ts';

/** Takes finished bytes. Returns true when they are out of the buffer, which may then be reused at once. */
export type ChunkWriter = (chunk: Uint8Array) => boolean;

const CHUNK_BYTES = 64 * 1024;
/** Larger messages are passed on by reference instead of being copied into the chunk. */
const INLINE_BYTES = 16 * 1024;

/**
 * Gathers the frames of one tick into one chunk, so that the socket is written once per tick (or once
 * per 64 KiB), however many calls there are.
 *
 * A frame is written as `open` (header and room for the fixed part of its body), then `append` (its message).
 */
export class FrameWriter {
  readonly #write: ChunkWriter;
  #length = 0;
  /** Chunks and messages written so far. */
  writes = 0;
  /** The chunk being filled; valid until the next `open`, `append` or `flush`. */
  chunk: Buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);

  constructor(write: ChunkWriter) {
    this.#write = write;
  }

  /** Bytes gathered and not yet written. */
  get pending(): number {
    return this.#length;
  }

  /**
   * Begins a frame whose body has `fixedBytes` of fields, which the caller puts into `chunk` at the
   * returned offset, followed by a message of `messageBytes`, which the caller appends.
   */
  open(type: number, flags: number, id: number, fixedBytes: number, messageBytes: number): number {
    const inline = HEADER_BYTES + fixedBytes;
    if (inline > CHUNK_BYTES - this.#length) this.#makeRoom(inline);
    const chunk = this.chunk;
    const at = this.#length;
    putUint32(chunk, at, HEADER_BYTES - 4 + fixedBytes + messageBytes);
    chunk[at + 4] = type;
    chunk[at + 5] = flags;
    putUint32(chunk, at + 6, id);
    this.#length = at + inline;
    return at + HEADER_BYTES;
  }

  /** Adds the message of the frame just opened. The bytes must not change afterwards. */
  append(message: Uint8Array): void {
    const size = message.length;
    if (size > INLINE_BYTES) {
      this.flush();
      this.writes++;
      this.#write(message);
      return;
    }
    if (size > CHUNK_BYTES - this.#length) this.#makeRoom(size);
    this.chunk.set(message, this.#length);
    this.#length += size;
  }

  /** Writes what was gathered. */
  flush(): void {
    if (this.#length === 0) return;
    this.writes++;
    const free = this.#write(this.chunk.subarray(0, this.#length));
    if (!free || this.chunk.length !== CHUNK_BYTES) {
      this.chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
    }
    this.#length = 0;
  }

  #makeRoom(bytes: number): void {
    this.flush();
    if (bytes > CHUNK_BYTES) this.chunk = Buffer.allocUnsafeSlow(bytes);
  }
}

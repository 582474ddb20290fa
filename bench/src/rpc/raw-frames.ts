import type { Socket } from 'node:net';

const PREFIX_BYTES = 4;
const CHUNK_BYTES = 64 * 1024;
/** Larger messages are written by reference. */
const INLINE_BYTES = 16 * 1024;

/** Cuts a stream into length-prefixed ranges; only a frame that spans chunks is copied. */
export class Cutter {
  readonly #onFrame: (chunk: Buffer, start: number, end: number) => void;
  /** The beginning of a frame: of its length when that is cut too. */
  #prefix: Buffer | undefined;
  #partial: Buffer | undefined;
  #filled = 0;

  constructor(onFrame: (chunk: Buffer, start: number, end: number) => void) {
    this.#onFrame = onFrame;
  }

  push(data: Buffer): void {
    let at = 0;
    let chunk = data;
    if (this.#partial !== undefined) {
      const copied = data.copy(this.#partial, this.#filled);
      this.#filled += copied;
      if (this.#filled < this.#partial.length) return;
      at = copied;
      const whole = this.#partial;
      this.#partial = undefined;
      this.#onFrame(whole, PREFIX_BYTES, whole.length);
    } else if (this.#prefix !== undefined) {
      chunk = Buffer.concat([this.#prefix, data]);
      this.#prefix = undefined;
    }
    while (chunk.length - at >= PREFIX_BYTES) {
      const end = at + PREFIX_BYTES + chunk.readUInt32BE(at);
      if (end > chunk.length) {
        this.#partial = Buffer.allocUnsafe(end - at);
        this.#filled = chunk.copy(this.#partial, 0, at);
        return;
      }
      this.#onFrame(chunk, at + PREFIX_BYTES, end);
      at = end;
    }
    if (at < chunk.length) this.#prefix = chunk.subarray(at);
  }
}

/** Gathers frames and writes them once per tick. */
export class Gatherer {
  readonly #socket: Socket;
  readonly #flush = (): void => this.flush();
  #chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  #length = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  add(bytes: Uint8Array): void {
    if (this.#length === 0) setImmediate(this.#flush);
    const inline = bytes.length <= INLINE_BYTES ? bytes.length : 0;
    if (this.#length + PREFIX_BYTES + inline > CHUNK_BYTES) this.flush();
    this.#chunk.writeUInt32BE(bytes.length, this.#length);
    this.#length += PREFIX_BYTES;
    if (inline > 0) {
      this.#chunk.set(bytes, this.#length);
      this.#length += inline;
    } else {
      this.flush();
      this.#socket.write(bytes);
    }
  }

  flush(): void {
    if (this.#length === 0) return;
    this.#socket.write(this.#chunk.subarray(0, this.#length));
    if (this.#socket.writableLength > 0) this.#chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
    this.#length = 0;
  }
}

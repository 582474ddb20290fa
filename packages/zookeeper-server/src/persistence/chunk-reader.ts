import { ADLER_START, adler32 } from './adler32.ts';
import type { Disk, DiskReader } from './disk.ts';

const CHUNK_BYTES = 1 << 20;

/** Reads a file from front to back in large pieces, so that most records need no wait of their own. */
export class ChunkReader implements AsyncDisposable {
  /** Bytes there are; infinite if only reading can tell. */
  readonly size: number;
  readonly #file: DiskReader;
  #buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  #start = 0;
  #end = 0;
  /** Offset in the file of what stands at `#start`. */
  #position = 0;
  #checksum = ADLER_START;

  constructor(file: DiskReader) {
    this.#file = file;
    this.size = file.size;
  }

  static async open(path: string, disk: Disk): Promise<ChunkReader> {
    return new ChunkReader(await disk.open(path));
  }

  /** Offset in the file of the next byte. */
  get position(): number {
    return this.#position;
  }

  /** Adler-32 of everything taken so far; only kept by {@link takeChecked}. */
  get checksum(): number {
    return this.#checksum;
  }

  /** Whether that many bytes can be looked at right now. */
  has(bytes: number): boolean {
    return this.#end - this.#start >= bytes;
  }

  /** Makes that many bytes available; false if the file ends before. */
  async fill(bytes: number): Promise<boolean> {
    if (this.#position + bytes > this.size) return false;
    this.#makeRoom(bytes);
    while (!this.has(bytes)) {
      const at = this.#position + this.#end - this.#start;
      const room = this.#buffer.length - this.#end;
      const bytesRead = await this.#file.read(this.#buffer, this.#end, room, at);
      if (bytesRead === 0) return false;
      this.#end += bytesRead;
    }
    return true;
  }

  /** Whether nothing follows. */
  async isAtEnd(): Promise<boolean> {
    return !this.has(1) && !(await this.fill(1));
  }

  /** A 32-bit integer `offset` bytes ahead; {@link has} must have been asked. */
  peekInt(offset: number): number {
    return this.#buffer.readInt32BE(this.#start + offset);
  }

  /** The next bytes, in place: valid until the next {@link fill}. */
  peek(bytes: number): Buffer {
    return this.#buffer.subarray(this.#start, this.#start + bytes);
  }

  /** All bytes that can be looked at right now, in place: valid until the next {@link fill}. */
  peekAll(): Buffer {
    return this.#buffer.subarray(this.#start, this.#end);
  }

  /** Goes on by that many bytes. */
  skip(bytes: number): void {
    this.#start += bytes;
    this.#position += bytes;
  }

  /** The next bytes, in place, counted into {@link checksum}. */
  takeChecked(bytes: number): Buffer {
    const { start, end } = { start: this.#start, end: this.#start + bytes };
    this.#checksum = adler32(this.#buffer, start, end, this.#checksum);
    this.skip(bytes);
    return this.#buffer.subarray(start, end);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close();
  }

  #makeRoom(bytes: number): void {
    const held = this.#end - this.#start;
    const target =
      bytes > this.#buffer.length ? Buffer.allocUnsafe(bytes + CHUNK_BYTES) : this.#buffer;
    this.#buffer.copy(target, 0, this.#start, this.#end);
    this.#buffer = target;
    this.#start = 0;
    this.#end = held;
  }
}

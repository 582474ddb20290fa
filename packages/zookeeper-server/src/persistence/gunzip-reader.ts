import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { DiskReader } from './disk.ts';

const CHUNK_BYTES = 1 << 20;

/** The file is not what gzip has written. */
export class BadGzipError extends Error {
  override readonly name = 'BadGzipError';
}

/** What is packed in a gzip file, from front to back. How much that is shows at the end only. */
export class GunzipReader implements DiskReader {
  readonly size: number = Number.POSITIVE_INFINITY;
  readonly #file: DiskReader;
  readonly #pieces: AsyncIterator<Buffer>;
  #piece: Buffer = Buffer.alloc(0);
  #position = 0;

  constructor(file: DiskReader) {
    this.#file = file;
    // Faults of the disk are not faults of the format: they must reach the reader as they are.
    const packed = Readable.from(chunksOf(file), { objectMode: false });
    const unpacked = createGunzip();
    packed.on('error', (error) => unpacked.destroy(error));
    this.#pieces = packed.pipe(unpacked)[Symbol.asyncIterator]();
  }

  async read(target: Buffer, offset: number, length: number, position: number): Promise<number> {
    if (position !== this.#position) throw new Error('a packed file can be read in order only');
    if (this.#piece.length === 0) this.#piece = await this.#next();
    const bytes = this.#piece.copy(target, offset, 0, length);
    this.#piece = this.#piece.subarray(bytes);
    this.#position += bytes;
    return bytes;
  }

  async close(): Promise<void> {
    await this.#pieces.return?.();
    await this.#file.close();
  }

  async #next(): Promise<Buffer> {
    try {
      const { done, value } = await this.#pieces.next();
      return done === true ? Buffer.alloc(0) : value;
    } catch (cause) {
      if (!isGzipFault(cause)) throw cause;
      throw new BadGzipError(cause.message, { cause });
    }
  }
}

async function* chunksOf(file: DiskReader): AsyncGenerator<Buffer> {
  for (let at = 0; ; ) {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    const bytes = await file.read(chunk, 0, chunk.length, at);
    if (bytes === 0) return;
    at += bytes;
    yield chunk.subarray(0, bytes);
  }
}

function isGzipFault(error: unknown): error is Error {
  return (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    /^Z_/.test(error.code)
  );
}

import { ADLER_START, adler32 } from './adler32.ts';
import type { DiskFile } from './disk.ts';

/** Summed up and written at once; a fraction of a millisecond of work, so that requests never wait long. */
const PIECE_BYTES = 64 * 1024;

/** A file that is written from front to back, with a running checksum of all that is in it. */
export class SummedFile {
  readonly #file: DiskFile;
  #position = 0;
  #checksum = ADLER_START;

  constructor(file: DiskFile) {
    this.#file = file;
  }

  /** Adler-32 of everything so far. */
  get checksum(): number {
    return this.#checksum;
  }

  /** Writes more; the bytes must not change until it is done. One call at a time. */
  async append(bytes: Buffer): Promise<void> {
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      const piece = bytes.subarray(at, at + PIECE_BYTES);
      this.#checksum = adler32(piece, 0, piece.length, this.#checksum);
      await new Promise<void>((resolve, reject) => {
        this.#file.write(piece, this.#position, (error) => (error ? reject(error) : resolve()));
      });
      this.#position += piece.length;
    }
  }
}

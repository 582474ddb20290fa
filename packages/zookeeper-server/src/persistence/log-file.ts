import { join } from 'node:path';
import { beginLog } from './begin-log.ts';
import type { Disk, DiskFile, WriteDone } from './disk.ts';
import { logName } from './file-names.ts';
import { LOG_HEADER } from './log-format.ts';
import { MAX_UNORDERED_BYTES } from './torn-tail.ts';

const MIN_EXTENSION_BYTES = 64 * 1024;
/** Entries wait while room is set aside, and four megabytes at once took seven times as long as one did. */
const MAX_EXTENSION_BYTES = 1 << 20;
/**
 * Room to have ahead: as much as can be under way when the disk turns out to be full. What does not fit is stuck until
 * there is room, and with it the reads behind it, which must not show what is not safe.
 */
const MIN_AHEAD_BYTES = 1 << 20;

const ZEROS = Buffer.alloc(MAX_EXTENSION_BYTES);

/**
 * One transaction log that is being written. Room is set aside ahead of it by writing zeros, as readers
 * expect: a write then changes nothing but data, and a full disk is noticed before anything is lost.
 */
export class LogFile {
  /** Where it is. */
  readonly path: string;
  readonly #file: DiskFile;
  readonly #onExtended: WriteDone;
  /** Where the entries end. */
  #length = LOG_HEADER.length;
  /** Up to where the file has blocks, or a write is on its way. */
  #allocated = LOG_HEADER.length;
  #isExtending = false;
  #isWriting = false;
  /** Called when nothing is under way any more. */
  #onIdle: (() => void) | null = null;
  /** A write that must not run into the zeros that are being written. */
  #blocked: (() => void) | null = null;

  private constructor(path: string, file: DiskFile, onExtended: WriteDone) {
    this.path = path;
    this.#file = file;
    this.#onExtended = onExtended;
  }

  /**
   * Makes the log whose first entry will have this zxid. `onExtended` hears how each attempt to set
   * room aside went, the first of which is under way when the promise resolves.
   */
  static async create(
    folder: string,
    zxid: bigint,
    options: { disk: Disk; durable: boolean; onExtended: WriteDone },
  ): Promise<LogFile> {
    const file = await beginLog(folder, zxid, options);
    const log = new LogFile(join(folder, logName(zxid)), file, options.onExtended);
    log.extend();
    return log;
  }

  /** Whether it has no entry yet. */
  get isEmpty(): boolean {
    return this.#length === LOG_HEADER.length;
  }

  /** Writes entries behind those that are there. One call at a time; after an error it may be repeated. */
  append(bytes: Buffer, done: WriteDone): void {
    const end = this.#length + bytes.length;
    if (end > this.#allocated && this.#isExtending) {
      this.#blocked = () => this.append(bytes, done);
      return;
    }
    this.#allocated = Math.max(this.#allocated, end);
    if (this.#allocated - end < MIN_AHEAD_BYTES) this.extend();
    this.#isWriting = true;
    this.#writePiece(bytes, 0, (error) => {
      this.#isWriting = false;
      if (error === null) this.#length = end;
      done(error);
      this.#settle();
    });
  }

  /** Sets more room aside, unless that is under way. */
  extend(): void {
    if (!this.#isExtending) this.#extendBy(this.#extensionBytes());
  }

  #extendBy(bytes: number): void {
    this.#isExtending = true;
    const at = this.#allocated;
    this.#file.write(ZEROS.subarray(0, bytes), at, (error) => {
      if (error !== null && bytes > MIN_EXTENSION_BYTES) {
        // A nearly full disk may have room for less.
        this.#extendBy(MIN_EXTENSION_BYTES);
        return;
      }
      this.#isExtending = false;
      if (error === null) this.#allocated = at + bytes;
      const blocked = this.#blocked;
      this.#blocked = null;
      blocked?.();
      this.#onExtended(error);
      this.#settle();
    });
  }

  /** Gives back the room that was not needed and closes the file, once nothing is under way. */
  async finish(): Promise<void> {
    this.#blocked = null;
    if (this.#isBusy) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    }
    try {
      await this.#file.truncate(this.#length);
      await this.#file.sync();
    } finally {
      await this.#file.close();
    }
  }

  get #isBusy(): boolean {
    return this.#isExtending || this.#isWriting;
  }

  #settle(): void {
    if (!this.#isBusy) this.#onIdle?.();
  }

  /** As much as is there already, within limits: small logs stay small. */
  #extensionBytes(): number {
    return Math.min(Math.max(this.#allocated, MIN_EXTENSION_BYTES), MAX_EXTENSION_BYTES);
  }

  /** In pieces, so that a power failure leaves no more than one of them in disorder. */
  #writePiece(bytes: Buffer, from: number, done: WriteDone): void {
    const piece = bytes.subarray(from, from + MAX_UNORDERED_BYTES);
    const next = from + piece.length;
    this.#file.write(piece, this.#length + from, (error) => {
      if (error !== null || next === bytes.length) done(error);
      else this.#writePiece(bytes, next, done);
    });
  }
}

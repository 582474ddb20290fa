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
 * Room to have ahead: as much as can be under way when the disk turns out to be full, which are two of the longest
 * requests. What does not fit is stuck until there is room, and with it the reads behind it, which must not show what
 * is not safe.
 */
const MIN_AHEAD_BYTES = 2.25 * (1 << 20);
/** Where many large writes come at once, it is twice what the largest of them took, up to this. */
const MAX_AHEAD_BYTES = 64 * (1 << 20);

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
  /** Where the entries will end once the write under way is done. */
  #end = LOG_HEADER.length;
  /** Room without which no write is done: what is being written and what gathers meanwhile, if as much comes again. */
  #neededBytes = 0;
  #isExtending = false;
  #isWriting = false;
  /** Called when nothing is under way any more. */
  #onIdle: (() => void) | null = null;
  /** A write that must not run into the zeros that are being written. */
  #blocked: (() => void) | null = null;
  /** A write that is done as soon as there is room for the next ones, or known that there is none. */
  #unconfirmed: WriteDone | null = null;

  private constructor(path: string, file: DiskFile, onExtended: WriteDone) {
    this.path = path;
    this.#file = file;
    this.#onExtended = onExtended;
  }

  /**
   * Makes the log whose first entry will have this zxid. `onExtended` hears whenever there is enough room, and when
   * there is not; the first attempt to set it aside is under way when the promise resolves.
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
    this.#end = end;
    this.#neededBytes = Math.max(this.#neededBytes, Math.min(2 * bytes.length, MAX_AHEAD_BYTES));
    if (this.#lacksRoom()) this.extend();
    this.#isWriting = true;
    this.#writePiece(bytes, 0, (error) => {
      this.#isWriting = false;
      if (error === null) this.#length = end;
      if (error === null && this.#isExtending && this.#ahead() < this.#neededBytes) {
        this.#unconfirmed = done;
      } else done(error);
      this.#settle();
    });
  }

  /**
   * Writes entries like {@link append}, but before it returns; throws what the disk reports. False, and nothing is done, where
   * it would take long: while room is being set aside, or without enough of it for these and the next ones.
   */
  appendNow(bytes: Buffer): boolean {
    const end = this.#length + bytes.length;
    if (this.#file.writeNow === undefined || this.#isExtending) return false;
    if (this.#allocated - end < Math.max(this.#neededBytes, 2 * bytes.length)) return false;
    this.#file.writeNow(bytes, this.#length);
    this.#length = end;
    this.#end = end;
    if (this.#lacksRoom()) this.extend();
    return true;
  }

  /** Sets room aside until there is enough, unless that is under way. */
  extend(): void {
    if (this.#isExtending) return;
    if (this.#lacksRoom()) this.#extendBy(this.#extensionBytes());
    else this.#onExtended(null);
  }

  // No getters: V8 compiles private ones to calls into its runtime.

  #ahead(): number {
    return this.#allocated - this.#end;
  }

  /** More than what is needed, so that writes seldom wait for it. */
  #lacksRoom(): boolean {
    return this.#ahead() < Math.max(MIN_AHEAD_BYTES, this.#neededBytes + MAX_EXTENSION_BYTES);
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
      const isFinishing = this.#onIdle !== null;
      if (error === null && this.#lacksRoom() && !isFinishing) this.extend();
      else this.#onExtended(error);
      if (!this.#isExtending || this.#ahead() >= this.#neededBytes) this.#confirm();
      this.#settle();
    });
  }

  #confirm(): void {
    const done = this.#unconfirmed;
    this.#unconfirmed = null;
    done?.(null);
  }

  /** Gives back the room that was not needed and closes the file, once nothing is under way. */
  async finish(): Promise<void> {
    this.#blocked = null;
    if (this.#isBusy()) {
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

  #isBusy(): boolean {
    return this.#isExtending || this.#isWriting;
  }

  #settle(): void {
    if (!this.#isBusy()) this.#onIdle?.();
  }

  /** As much as is there already, within limits: the first entries do not wait for much. */
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

import { Buffer } from 'node:buffer';
import { ProtocolError } from './errors.ts';

/** Text up to this is put together here while it is ASCII, in half the time of a call into C++. */
const MAX_LOOPED_BYTES = 12;
/**
 * Lists of texts are decoded in pieces of about this size. V8 lets a text of more than 12 characters be a part of its
 * piece: one that is kept, keeps no more than that of the others.
 */
const PIECE_BYTES = 1024;
/** Fewer texts are decoded one by one. */
const MIN_TEXTS_OF_PIECE = 3;

/**
 * Reads values in ZooKeeper's jute encoding: big-endian int and long, one-byte bool, and
 * length-prefixed buffers, strings and vectors whose length -1 stands for null.
 *
 * Buffers are views into the input; copy what outlives the frame.
 * Every method throws `ProtocolError` `TRUNCATED` past the end and `BAD_LENGTH` for an impossible length.
 */
export class JuteReader {
  #input: Buffer;
  /**
   * Of all the memory that {@link #viewed} is a part of: reads 64-bit integers several times as fast as Buffer does.
   * Made when there is one to read, which most requests of clients do without.
   */
  #view: DataView | null = null;
  #viewed: Buffer | null = null;
  #start = 0;
  #offset = 0;
  #end: number;

  constructor(input: Buffer) {
    this.#input = input;
    this.#end = input.length;
  }

  /** Begins anew with another input, or with a part of it: one reader can serve all frames of a connection. */
  reset(input: Buffer, from = 0, to: number = input.length): void {
    this.#input = input;
    this.#start = from;
    this.#offset = from;
    this.#end = to;
  }

  /** Bytes not read yet. */
  get remaining(): number {
    return this.#end - this.#offset;
  }

  /** A signed 32-bit integer. */
  int(): number {
    return int32(this.#input, this.#advance(4));
  }

  /** A signed 64-bit integer, exact. */
  long(): bigint {
    const at = this.#advance(8);
    return this.#memory().getBigInt64(this.#input.byteOffset + at);
  }

  /** A signed 64-bit integer as a number: exact up to 2^53, for times and durations. */
  longNumber(): number {
    const at = this.#advance(8);
    return int32(this.#input, at) * 0x1_0000_0000 + (int32(this.#input, at + 4) >>> 0);
  }

  /** One byte; anything but 0 is true. */
  bool(): boolean {
    return this.#input[this.#advance(1)] !== 0;
  }

  /** Bytes as a view into the input, or null (which differs from empty). */
  buffer(): Buffer | null {
    const length = this.#length();
    if (length < 0) return null;
    const at = this.#advance(length);
    return this.#input.subarray(at, at + length);
  }

  /** The same as a copy that may be kept. */
  ownBuffer(): Buffer | null {
    const length = this.#length();
    if (length < 0) return null;
    const at = this.#advance(length);
    const own = Buffer.allocUnsafe(length);
    this.#input.copy(own, 0, at, at + length);
    return own;
  }

  /** A UTF-8 string, or null. */
  string(): string | null {
    const length = this.#length();
    if (length < 0) return null;
    const at = this.#advance(length);
    return decoded(this.#input, at, at + length);
  }

  /** A string where null means empty: some clients (kazoo) write "" as null. */
  text(): string {
    return this.string() ?? '';
  }

  /** The same where it most likely is `expected`, which is then the one returned: comparing costs less than a new string. */
  textLike(expected: string): string {
    const length = this.#length();
    if (length < 0) return '';
    const at = this.#advance(length);
    if (length === expected.length && isAsciiAt(this.#input, at, expected)) return expected;
    return decoded(this.#input, at, at + length);
  }

  /** The path of a request whose kind must name one: null is malformed, as ZooKeeper finds it. */
  path(): string {
    const path = this.string();
    if (path === null) throw new ProtocolError('INVALID_PATH', 'a request without a path');
    return path;
  }

  /** A list; a null vector reads as an empty one. */
  vector<T>(readItem: (input: JuteReader) => T): T[] {
    const count = this.#length();
    return this.#items(count, readItem);
  }

  #items<T>(count: number, readItem: (input: JuteReader) => T): T[] {
    // Each item takes a byte at least, so a hostile count cannot make us allocate.
    if (count > this.remaining) throw this.#truncated(count);
    const items: T[] = [];
    for (let i = 0; i < count; i++) items.push(readItem(this));
    return items;
  }

  /** A list of strings, null ones as empty. */
  texts(): string[] {
    const count = this.#length();
    if (count < MIN_TEXTS_OF_PIECE) return count < 1 ? [] : this.#items(count, readText);
    // Each has a length, so a hostile count cannot make us allocate.
    if (count * 4 > this.remaining) throw this.#truncated(count * 4);
    const texts = new Array<string>(count);
    for (let done = 0; done < count; ) done = this.#pieceOf(texts, done);
    return texts;
  }

  /**
   * Reads some of the texts, from one on, and returns where to go on. One call into C++ for all of them, and parts of
   * its result: a third of what it takes to decode each by itself.
   */
  #pieceOf(texts: string[], first: number): number {
    const from = this.#offset;
    let next = first;
    do {
      this.#advance(Math.max(this.#length(), 0));
      next += 1;
    } while (next < texts.length && this.#offset - from < PIECE_BYTES);
    const bytes = this.#offset - from;
    const piece = this.#input.toString('utf8', from, from + bytes);
    this.#offset = from;
    // Lengths and all: as long as the bytes exactly if each byte has become one character.
    if (piece.length !== bytes) {
      for (let i = first; i < next; i++) texts[i] = this.text();
      return next;
    }
    for (let i = first; i < next; i++) {
      const length = Math.max(this.int(), 0);
      const at = this.#advance(length) - from;
      texts[i] = piece.substring(at, at + length);
    }
    return next;
  }

  #memory(): DataView {
    const input = this.#input;
    if (this.#view === null || this.#viewed !== input) {
      const { buffer } = input;
      if (this.#view?.buffer !== buffer) this.#view = new DataView(buffer);
      this.#viewed = input;
    }
    return this.#view;
  }

  #length(): number {
    const length = this.int();
    if (length < -1) {
      throw new ProtocolError('BAD_LENGTH', `length ${length} is negative`, { length });
    }
    return length;
  }

  #advance(bytes: number): number {
    const at = this.#offset;
    if (at + bytes > this.#end) throw this.#truncated(bytes);
    this.#offset = at + bytes;
    return at;
  }

  #truncated(wanted: number): ProtocolError {
    return new ProtocolError(
      'TRUNCATED',
      `wanted ${wanted} bytes at offset ${this.#offset - this.#start} of ${this.#end - this.#start}`,
    );
  }
}

function int32(bytes: Buffer, at: number): number {
  return (
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  );
}

function decoded(bytes: Buffer, start: number, end: number): string {
  const short = end - start <= MAX_LOOPED_BYTES ? ascii(bytes, start, end) : null;
  return short ?? bytes.toString('utf8', start, end);
}

/** Four at a time, because every piece is one more to put together; null if it is something else. */
function ascii(bytes: Buffer, start: number, end: number): string | null {
  let text = '';
  let at = start;
  for (; at + 4 <= end; at += 4) {
    const [a, b] = [bytes[at] as number, bytes[at + 1] as number];
    const [c, d] = [bytes[at + 2] as number, bytes[at + 3] as number];
    if ((a | b | c | d) > 0x7f) return null;
    text += String.fromCharCode(a, b, c, d);
  }
  for (; at < end; at++) {
    const code = bytes[at] as number;
    if (code > 0x7f) return null;
    text += String.fromCharCode(code);
  }
  return text;
}

/** Whether `text` is ASCII and stands at `at`. */
function isAsciiAt(bytes: Buffer, at: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f || code !== bytes[at + i]) return false;
  }
  return true;
}

function readText(input: JuteReader): string {
  return input.text();
}

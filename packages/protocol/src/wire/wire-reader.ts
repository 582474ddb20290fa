import { hasBuffer } from './platform.ts';

const TWO_28 = 0x10000000;
const TWO_56 = TWO_28 * TWO_28;
/** Groups in groups; no message of ours has any, but a skipped field may. */
const MAX_DEPTH = 100;

/** Strings up to this length are made of their bytes, which is faster than a call while they are ASCII. */
const SHORT = 12;

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Reads messages in protobuf's format. Throws RangeError for bytes that are none. */
export class WireReader {
  readonly #bytes: Uint8Array;
  /** Where the next byte is read. */
  at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes =
      hasBuffer && !Buffer.isBuffer(bytes)
        ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
        : bytes;
  }

  string(): string {
    const start = this.#length();
    const bytes = this.#bytes;
    if (this.at - start <= SHORT) {
      const text = ascii(bytes, start, this.at);
      if (text !== undefined) return text;
    }
    if (hasBuffer) return (bytes as Buffer).toString('utf8', start, this.at);
    return decoder.decode(bytes.subarray(start, this.at));
  }

  bool(): boolean {
    const start = this.at;
    this.#skipVarint();
    for (let at = start; at < this.at; at++)
      if (((this.#bytes[at] as number) & 0x7f) !== 0) return true;
    return false;
  }

  int32(): number {
    return this.uint32() | 0;
  }

  /** The low 32 bits of a varint; also the tag of a field. */
  uint32(): number {
    const bytes = this.#bytes;
    let byte = bytes[this.at++] as number;
    if (byte < 0x80) return byte;
    let value = byte & 0x7f;
    for (let shift = 7; shift < 35; shift += 7) {
      byte = this.#next();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    // A negative int32 is written with ten bytes.
    for (let index = 5; index < 10; index++) if (this.#next() < 0x80) return value >>> 0;
    throw new RangeError('a varint is longer than ten bytes');
  }

  /** Throws RangeError for what a number cannot hold exactly. */
  int64(): number {
    const low = this.#septets(4);
    if (this.#isLast) return low;
    const middle = this.#septets(4);
    let high = 0;
    if (!this.#isLast) {
      high = this.#septets(1);
      if (!this.#isLast) {
        high |= (this.#next() & 1) << 7;
        if (!this.#isLast) throw new RangeError('a varint is longer than ten bytes');
      }
    }
    const signed = high < 0x80 ? high : high - 0x100;
    const value = signed * TWO_56 + middle * TWO_28 + low;
    if (!Number.isSafeInteger(value))
      throw new RangeError('a whole number is too large to be exact');
    return value;
  }

  /** The end of the message in the message that begins here; `end` is that of the message around it. */
  message(end: number): number {
    const start = this.#length();
    const inner = this.at;
    if (inner > end) throw new RangeError('a message ends after the one it is in');
    this.at = start;
    return inner;
  }

  /** Called at the end of a message. */
  finished(end: number): void {
    if (this.at !== end) throw new RangeError('a field runs past its message');
  }

  /** Skips a field nobody knows. */
  skip(tag: number, depth = 0): void {
    if (tag >>> 3 === 0) throw new RangeError('a field has the number 0');
    switch (tag & 7) {
      case 0:
        this.#skipVarint();
        return;
      case 1:
        this.#advance(8);
        return;
      case 2:
        this.#length();
        return;
      case 3:
        this.#skipGroup(tag, depth);
        return;
      case 5:
        this.#advance(4);
        return;
      default:
        throw new RangeError(`a field has the wire type ${tag & 7}`);
    }
  }

  #skipGroup(tag: number, depth: number): void {
    if (depth === MAX_DEPTH) throw new RangeError('groups are nested too deeply');
    for (let inner = this.uint32(); inner !== tag + 1; inner = this.uint32()) {
      this.skip(inner, depth + 1);
    }
  }

  /** Moves behind bytes that begin with their length; returns where they begin. */
  #length(): number {
    const length = this.uint32();
    const start = this.at;
    this.#advance(length);
    return start;
  }

  #advance(bytes: number): void {
    this.at += bytes;
    if (this.at > this.#bytes.length) throw cutOff();
  }

  get #isLast(): boolean {
    return (this.#bytes[this.at - 1] as number) < 0x80;
  }

  /** Up to so many septets of a varint; ends with its last byte. */
  #septets(count: number): number {
    let value = 0;
    for (let index = 0; index < count; index++) {
      const byte = this.#next();
      value |= (byte & 0x7f) << (7 * index);
      if (byte < 0x80) break;
    }
    return value;
  }

  #skipVarint(): void {
    for (let index = 0; index < 10; index++) if (this.#next() < 0x80) return;
    throw new RangeError('a varint is longer than ten bytes');
  }

  #next(): number {
    const byte = this.#bytes[this.at++];
    if (byte === undefined) throw cutOff();
    return byte;
  }
}

function cutOff(): RangeError {
  return new RangeError('the message is cut off');
}

/** Four at a time, because every piece of a string is one more to put together. */
function ascii(bytes: Uint8Array, start: number, end: number): string | undefined {
  let text = '';
  let at = start;
  for (; at + 4 <= end; at += 4) {
    const [a, b] = [bytes[at] as number, bytes[at + 1] as number];
    const [c, d] = [bytes[at + 2] as number, bytes[at + 3] as number];
    if ((a | b | c | d) >= 0x80) return undefined;
    text += String.fromCharCode(a, b, c, d);
  }
  for (; at < end; at++) {
    const code = bytes[at] as number;
    if (code >= 0x80) return undefined;
    text += String.fromCharCode(code);
  }
  return text;
}

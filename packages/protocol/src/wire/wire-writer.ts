import { hasBuffer } from './platform.ts';

/** Room that small messages share; a larger one gets its own. */
const CHUNK_BYTES = 16 * 1024;
/** A new chunk is begun when less than this is left of the last one. */
const LEAST_BYTES = 512;
/** Strings up to this length are tried byte by byte, which is faster than a call while they are ASCII. */
const SHORT = 40;
/** The longest varint. */
const VARINT_BYTES = 10;
const TWO_28 = 0x10000000;

const encoder = new TextEncoder();

/** The bytes of one message; shaped like the writer of other protobuf libraries. */
export class Encoded {
  readonly #bytes: Uint8Array<ArrayBuffer>;

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.#bytes = bytes;
  }

  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes;
  }
}

/**
 * Writes messages in protobuf's format, from front to back, into a chunk that many messages share: no list of
 * parts, no second pass for the sizes. The length of a message in a message is written when it is known; it gets one
 * byte beforehand, and the rare longer length moves the message up.
 */
export class WireWriter {
  #bytes = newChunk(CHUNK_BYTES);
  #start = 0;
  #at = 0;

  /** Begins a message; what an earlier one that failed has left is overwritten. */
  begin(): this {
    if (this.#bytes.length - this.#start < LEAST_BYTES) {
      this.#bytes = newChunk(CHUNK_BYTES);
      this.#start = 0;
    }
    this.#at = this.#start;
    return this;
  }

  /** The message. A small one shares its buffer with others, a large one has its own. */
  end(): Encoded {
    const start = this.#start;
    if (this.#bytes.length > CHUNK_BYTES) {
      const own = new Uint8Array(this.#bytes.subarray(start, this.#at));
      this.#start = this.#bytes.length;
      return new Encoded(own);
    }
    this.#start = this.#at;
    return new Encoded(
      new Uint8Array(this.#bytes.buffer, this.#bytes.byteOffset + start, this.#at - start),
    );
  }

  string(tag: number, value: string): void {
    const { length } = value;
    this.#room(2 * VARINT_BYTES + length * 3);
    this.#varint(tag);
    if (length > SHORT) {
      this.#text(value);
      return;
    }
    const bytes = this.#bytes;
    let at = this.#at;
    bytes[at++] = length;
    for (let index = 0; index < length; index++) {
      const code = value.charCodeAt(index);
      if (code >= 0x80) {
        this.#text(value);
        return;
      }
      bytes[at++] = code;
    }
    this.#at = at;
  }

  bool(tag: number, value: boolean): void {
    this.#room(2 * VARINT_BYTES);
    this.#varint(tag);
    this.#varint(value ? 1 : 0);
  }

  /** Throws RangeError for what is no whole number of 32 bits. */
  int32(tag: number, value: number): void {
    if ((value | 0) !== value) throw new RangeError(`${value} is no int32`);
    this.#room(2 * VARINT_BYTES);
    this.#varint(tag);
    if (value >= 0) this.#varint(value);
    else this.#negative(value);
  }

  /** Throws RangeError for what is no whole number of 32 bits without a sign. */
  uint32(tag: number, value: number): void {
    if (value >>> 0 !== value) throw new RangeError(`${value} is no uint32`);
    this.#room(2 * VARINT_BYTES);
    this.#varint(tag);
    this.#varint(value);
  }

  /** Throws RangeError for what a number cannot hold exactly. */
  int64(tag: number, value: number): void {
    if (!Number.isSafeInteger(value))
      throw new RangeError(`${value} is no whole number that is exact`);
    this.#room(2 * VARINT_BYTES);
    this.#varint(tag);
    if (value < 0) {
      this.#negative(value);
    } else if (value < TWO_28) {
      this.#varint(value);
    } else {
      const low = value % TWO_28;
      const bytes = this.#bytes;
      const at = this.#at;
      bytes[at] = low | 0x80;
      bytes[at + 1] = (low >>> 7) | 0x80;
      bytes[at + 2] = (low >>> 14) | 0x80;
      bytes[at + 3] = (low >>> 21) | 0x80;
      this.#at = at + 4;
      this.#varint((value - low) / TWO_28);
    }
  }

  /** Begins a message in the message; what is returned goes to {@link close}. */
  open(tag: number): number {
    this.#room(2 * VARINT_BYTES);
    this.#varint(tag);
    // Of the message, not of the chunk: that may be replaced meanwhile.
    return ++this.#at - this.#start;
  }

  /** Ends it. */
  close(opened: number): void {
    const from = this.#start + opened;
    const length = this.#at - from;
    if (length < 0x80) {
      this.#bytes[from - 1] = length;
      return;
    }
    this.#room(VARINT_BYTES);
    const moved = this.#start + opened + varintBytes(length) - 1;
    this.#bytes.copyWithin(moved, this.#start + opened, this.#at);
    this.#at = this.#start + opened - 1;
    this.#varint(length);
    this.#at += length;
  }

  /** A string after its tag, whatever is in it. There is room for three bytes of each of its units. */
  #text(value: string): void {
    const at = this.#at;
    const reserved = varintBytes(value.length);
    const written = writeText(this.#bytes, value, at + reserved);
    const needed = varintBytes(written);
    if (needed !== reserved) {
      this.#bytes.copyWithin(at + needed, at + reserved, at + reserved + written);
    }
    this.#varint(written);
    this.#at += written;
  }

  #varint(value: number): void {
    const bytes = this.#bytes;
    let at = this.#at;
    let rest = value;
    while (rest >= 0x80) {
      bytes[at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    bytes[at++] = rest;
    this.#at = at;
  }

  /** Two's complement of 64 bits, whatever the type. */
  #negative(value: number): void {
    let rest = BigInt.asUintN(64, BigInt(value));
    for (let index = 0; index < VARINT_BYTES - 1; index++) {
      this.#bytes[this.#at++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.#bytes[this.#at++] = Number(rest);
  }

  #room(bytes: number): void {
    if (this.#at + bytes > this.#bytes.length) this.#grow(bytes);
  }

  #grow(bytes: number): void {
    const written = this.#bytes.subarray(this.#start, this.#at);
    const chunk = newChunk(Math.max(CHUNK_BYTES, 2 * written.length + bytes));
    chunk.set(written);
    this.#bytes = chunk;
    this.#start = 0;
    this.#at = written.length;
  }
}

function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) bytes++;
  return bytes;
}

function newChunk(bytes: number): Uint8Array<ArrayBuffer> {
  return hasBuffer ? Buffer.allocUnsafeSlow(bytes) : new Uint8Array(bytes);
}

function writeText(bytes: Uint8Array, value: string, at: number): number {
  if (hasBuffer) return (bytes as Buffer).write(value, at, 'utf8');
  return encoder.encodeInto(value, bytes.subarray(at)).written;
}

const writer = new WireWriter();

/** The writer that all messages share: they are written one after the other, each in one go. */
export function beginMessage(): WireWriter {
  return writer.begin();
}

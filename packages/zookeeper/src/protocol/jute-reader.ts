import { ProtocolError } from './errors.ts';

/**
 * Reads values in ZooKeeper's jute encoding: big-endian int and long, one-byte bool, and
 * length-prefixed buffers, strings and vectors whose length -1 stands for null.
 *
 * Buffers are views into the input; copy what outlives the frame.
 * Every method throws `ProtocolError` `TRUNCATED` past the end and `BAD_LENGTH` for an impossible length.
 */
export class JuteReader {
  readonly #input: Buffer;
  #offset = 0;

  constructor(input: Buffer) {
    this.#input = input;
  }

  /** Bytes not read yet. */
  get remaining(): number {
    return this.#input.length - this.#offset;
  }

  /** A signed 32-bit integer. */
  int(): number {
    return this.#input.readInt32BE(this.#advance(4));
  }

  /** A signed 64-bit integer, exact. */
  long(): bigint {
    return this.#input.readBigInt64BE(this.#advance(8));
  }

  /** A signed 64-bit integer as a number: exact up to 2^53, for times and durations. */
  longNumber(): number {
    const at = this.#advance(8);
    return this.#input.readInt32BE(at) * 0x1_0000_0000 + this.#input.readUInt32BE(at + 4);
  }

  /** One byte; anything but 0 is true. */
  bool(): boolean {
    return this.#input.readUInt8(this.#advance(1)) !== 0;
  }

  /** Bytes as a view into the input, or null (which differs from empty). */
  buffer(): Buffer | null {
    const length = this.#length();
    if (length < 0) return null;
    const at = this.#advance(length);
    return this.#input.subarray(at, at + length);
  }

  /** A UTF-8 string, or null. */
  string(): string | null {
    const length = this.#length();
    if (length < 0) return null;
    const at = this.#advance(length);
    return this.#input.toString('utf8', at, at + length);
  }

  /** A string where null means empty: some clients (kazoo) write "" as null. */
  text(): string {
    return this.string() ?? '';
  }

  /** A list; a null vector reads as an empty one. */
  vector<T>(readItem: (input: JuteReader) => T): T[] {
    const count = this.#length();
    // Each item takes a byte at least, so a hostile count cannot make us allocate.
    if (count > this.remaining) throw this.#truncated(count);
    const items: T[] = [];
    for (let i = 0; i < count; i++) items.push(readItem(this));
    return items;
  }

  /** A list of strings. */
  texts(): string[] {
    return this.vector(readText);
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
    if (at + bytes > this.#input.length) throw this.#truncated(bytes);
    this.#offset = at + bytes;
    return at;
  }

  #truncated(wanted: number): ProtocolError {
    return new ProtocolError(
      'TRUNCATED',
      `wanted ${wanted} bytes at offset ${this.#offset} of ${this.#input.length}`,
    );
  }
}

function readText(input: JuteReader): string {
  return input.text();
}

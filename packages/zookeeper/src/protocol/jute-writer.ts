const INITIAL_BYTES = 256;

/**
 * Writes values in jute encoding (see {@link JuteReader}) into a growing buffer. Many frames can be
 * written one behind the other and taken at once, which is how both sides coalesce writes per tick.
 *
 * @example
 * const output = new JuteWriter();
 * const frame = output.beginFrame();
 * writeRequestHeader(output, { xid: 1, type: OpCode.getData });
 * writePathWatchRequest(output, { path: '/a', watch: false });
 * output.endFrame(frame);
 * socket.write(output.take());
 */
export class JuteWriter {
  #buffer: Buffer;
  #length = 0;

  constructor(initialBytes: number = INITIAL_BYTES) {
    this.#buffer = Buffer.allocUnsafe(initialBytes);
  }

  /** Bytes written and not taken. */
  get length(): number {
    return this.#length;
  }

  /** A signed 32-bit integer; throws RangeError beyond. */
  int(value: number): void {
    const at = this.#reserve(4);
    this.#buffer.writeInt32BE(value, at);
  }

  /** A signed 64-bit integer. */
  long(value: bigint): void {
    const at = this.#reserve(8);
    this.#buffer.writeBigInt64BE(value, at);
  }

  /** An integer up to 2^53 as a signed 64-bit one. */
  longNumber(value: number): void {
    const at = this.#reserve(8);
    const high = Math.floor(value / 0x1_0000_0000);
    this.#buffer.writeInt32BE(high, at);
    this.#buffer.writeUInt32BE(value - high * 0x1_0000_0000, at + 4);
  }

  /** One byte, 0 or 1. */
  bool(value: boolean): void {
    const at = this.#reserve(1);
    this.#buffer[at] = value ? 1 : 0;
  }

  /** Length and bytes, or -1 for null. */
  buffer(value: Uint8Array | null): void {
    if (value === null) {
      this.int(-1);
      return;
    }
    this.int(value.length);
    this.raw(value);
  }

  /** UTF-8 length and bytes, or -1 for null. */
  string(value: string | null): void {
    if (value === null) {
      this.int(-1);
      return;
    }
    const bytes = Buffer.byteLength(value);
    const at = this.#reserve(4 + bytes);
    this.#buffer.writeInt32BE(bytes, at);
    this.#buffer.write(value, at + 4, bytes, 'utf8');
  }

  /** Count and items. */
  vector<T>(items: readonly T[], writeItem: (output: JuteWriter, item: T) => void): void {
    this.int(items.length);
    for (const item of items) writeItem(this, item);
  }

  /** A list of strings. */
  strings(items: readonly string[]): void {
    this.vector(items, writeString);
  }

  /** Bytes as they are, without a length. */
  raw(value: Uint8Array): void {
    const at = this.#reserve(value.length);
    this.#buffer.set(value, at);
  }

  /** Leaves room for a frame's length and returns the mark to give to {@link endFrame}. */
  beginFrame(): number {
    return this.#reserve(4);
  }

  /** Fills in the length of the frame begun at `mark`; returns the payload's length in bytes. */
  endFrame(mark: number): number {
    const bytes = this.#length - mark - 4;
    this.#buffer.writeInt32BE(bytes, mark);
    return bytes;
  }

  /** Forgets everything written from `mark` on: a frame that turned out not to be sendable. */
  rewind(mark: number): void {
    this.#length = mark;
  }

  /** What was written from `mark` on, in place: valid until the next write, and can be filled in. */
  view(mark: number): Buffer {
    return this.#buffer.subarray(mark, this.#length);
  }

  /** Hands over all that was written; the writer starts anew with a buffer of its own. */
  take(): Buffer {
    const taken = this.#buffer.subarray(0, this.#length);
    this.#buffer = Buffer.allocUnsafe(INITIAL_BYTES);
    this.#length = 0;
    return taken;
  }

  #reserve(bytes: number): number {
    const at = this.#length;
    const needed = at + bytes;
    if (needed > this.#buffer.length) {
      const grown = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
      grown.set(this.#buffer.subarray(0, at));
      this.#buffer = grown;
    }
    this.#length = needed;
    return at;
  }
}

function writeString(output: JuteWriter, value: string): void {
  output.string(value);
}

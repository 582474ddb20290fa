const MIN_BYTES = 256;
/** A writer expects to be filled as far as before it was last taken from, up to this. */
const MAX_EXPECTED_BYTES = 64 * 1024;
/** Memory that was given back and is used again: pieces between these sizes, so many at most. */
const MIN_SPARE_BYTES = 256 * 1024;
const MAX_SPARE_BYTES = 8 << 20;
const MAX_SPARES = 4;
const spares: Memory[] = [];
/** What writers that need little share: one behind the other, as `Buffer.allocUnsafe` does it. */
const SLAB_BYTES = 16 * 1024;
const MAX_SHARE_BYTES = SLAB_BYTES / 2;
/** Text up to this is copied character by character while it is ASCII: two calls into C++ cost more. */
const MAX_LOOPED_CHARACTERS = 64;

/** The same bytes twice: a DataView writes integers several times as fast as Buffer does (`bench zookeeper-server`). */
interface Memory {
  readonly bytes: Buffer;
  readonly view: DataView;
}

const NOTHING = memoryOf(Buffer.alloc(0));
let slab: Memory = NOTHING;
let slabUsed = 0;

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
  #memory: Memory = NOTHING;
  /** Where in the memory its own part begins, and how much that holds. */
  #origin = 0;
  #capacity = 0;
  #length = 0;
  /** How much memory it asks for when it needs some; an idle one has none. */
  #expected: number;

  constructor(initialBytes: number = MIN_BYTES) {
    this.#expected = initialBytes;
  }

  /** Bytes written and not taken. */
  get length(): number {
    return this.#length;
  }

  /** A signed 32-bit integer; throws RangeError beyond. */
  int(value: number): void {
    if (value !== (value | 0)) throw new RangeError(`${value} is no signed 32-bit integer`);
    const at = this.#reserve(4);
    this.#memory.view.setInt32(at, value);
  }

  /** A signed 64-bit integer. */
  long(value: bigint): void {
    const at = this.#reserve(8);
    this.#memory.view.setBigInt64(at, value);
  }

  /** An integer up to 2^53 as a signed 64-bit one. */
  longNumber(value: number): void {
    const at = this.#reserve(8);
    const high = Math.floor(value / 0x1_0000_0000);
    const { view } = this.#memory;
    view.setInt32(at, high);
    view.setUint32(at + 4, value - high * 0x1_0000_0000);
  }

  /** One byte, 0 or 1. */
  bool(value: boolean): void {
    const at = this.#reserve(1);
    this.#memory.bytes[at] = value ? 1 : 0;
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
    if (value.length <= MAX_LOOPED_CHARACTERS && this.#ascii(value)) return;
    const bytes = Buffer.byteLength(value);
    const at = this.#reserve(4 + bytes);
    this.#memory.view.setInt32(at, bytes);
    this.#memory.bytes.write(value, at + 4, bytes, 'utf8');
  }

  /** Appends text in ASCII, and nothing if it is something else. */
  #ascii(value: string): boolean {
    const { length } = value;
    const mark = this.#length;
    const at = this.#reserve(4 + length);
    const { bytes, view } = this.#memory;
    view.setInt32(at, length);
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i);
      if (code > 0x7f) {
        this.#length = mark;
        return false;
      }
      bytes[at + 4 + i] = code;
    }
    return true;
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
    this.#memory.bytes.set(value, at);
  }

  /** Leaves room for a frame's length and returns the mark to give to {@link endFrame}. */
  beginFrame(): number {
    return this.#reserve(4) - this.#origin;
  }

  /** Fills in the length of the frame begun at `mark`; returns the payload's length in bytes. */
  endFrame(mark: number): number {
    const bytes = this.#length - mark - 4;
    this.#memory.view.setInt32(this.#origin + mark, bytes);
    return bytes;
  }

  /** Forgets everything written from `mark` on: a frame that turned out not to be sendable. */
  rewind(mark: number): void {
    this.#length = mark;
  }

  /** What was written from `mark` on, in place: valid until the next write, and can be filled in. */
  view(mark: number): Buffer {
    return this.#memory.bytes.subarray(this.#origin + mark, this.#origin + this.#length);
  }

  /**
   * Gives back what {@link take} handed over, once nobody needs the bytes any more. Worth it for large output only:
   * memory of megabytes that is asked for again and again makes V8 go through its whole heap again and again, which
   * took 13 ms for each list of 100,000 children in a tree of a million nodes (`bench zookeeper-server`).
   */
  static recycle(taken: Buffer): void {
    const { buffer, byteOffset } = taken;
    const bytes = buffer.byteLength;
    if (byteOffset !== 0 || bytes < MIN_SPARE_BYTES || bytes > MAX_SPARE_BYTES) return;
    if (spares.length < MAX_SPARES) spares.push(memoryOf(Buffer.from(buffer)));
  }

  /** Hands over all that was written; the writer starts anew with memory of its own. */
  take(): Buffer {
    const origin = this.#origin;
    const end = origin + this.#length;
    const taken = this.#memory.bytes.subarray(origin, end);
    // What it did not fill is for the next writer.
    if (this.#memory === slab && origin + this.#capacity === slabUsed) slabUsed = end;
    this.#expected = Math.min(Math.max(this.#length, MIN_BYTES), MAX_EXPECTED_BYTES);
    this.#memory = NOTHING;
    this.#origin = 0;
    this.#capacity = 0;
    this.#length = 0;
    return taken;
  }

  /** Makes room and returns where it is in the memory. */
  #reserve(bytes: number): number {
    const at = this.#length;
    const needed = at + bytes;
    if (needed > this.#capacity) this.#grow(needed);
    this.#length = needed;
    return this.#origin + at;
  }

  #grow(needed: number): void {
    const { bytes } = this.#memory;
    const from = this.#origin;
    const wanted = Math.max(needed, this.#expected, this.#capacity * 2);
    if (wanted <= MAX_SHARE_BYTES) {
      if (slabUsed + wanted > slab.bytes.length) {
        slab = memoryOf(Buffer.allocUnsafeSlow(SLAB_BYTES));
        slabUsed = 0;
      }
      this.#memory = slab;
      this.#origin = slabUsed;
      this.#capacity = wanted;
      slabUsed += wanted;
    } else {
      this.#memory = spare(wanted) ?? memoryOf(Buffer.allocUnsafeSlow(wanted));
      this.#origin = 0;
      this.#capacity = this.#memory.bytes.length;
    }
    if (this.#length > 0) bytes.copy(this.#memory.bytes, this.#origin, from, from + this.#length);
  }
}

function spare(bytes: number): Memory | undefined {
  if (bytes < MIN_SPARE_BYTES) return undefined;
  const at = spares.findIndex((each) => each.bytes.length >= bytes);
  return at < 0 ? undefined : spares.splice(at, 1)[0];
}

/** Of a buffer that is all of its memory. */
function memoryOf(bytes: Buffer): Memory {
  return { bytes, view: new DataView(bytes.buffer) };
}

function writeString(output: JuteWriter, value: string): void {
  output.string(value);
}

/**
 * As much of protobuf's encoding as the messages of this package's own services need, so that they need no
 * generated code. Source: protobuf.dev, "Encoding".
 */

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

/** Collects the fields of a message. Empty strings, zeros and false are left out, as in proto3. */
export class ProtobufWriter {
  readonly #parts: number[] = [];

  string(field: number, value: string): this {
    return value === '' ? this : this.bytes(field, Buffer.from(value));
  }

  bytes(field: number, value: Uint8Array): this {
    this.#varint(field * 8 + BYTES);
    this.#varint(value.length);
    for (const byte of value) this.#parts.push(byte);
    return this;
  }

  int(field: number, value: number): this {
    if (value === 0) return this;
    this.#varint(field * 8 + VARINT);
    this.#varint(value);
    return this;
  }

  bool(field: number, value: boolean): this {
    return this.int(field, value ? 1 : 0);
  }

  finish(): Uint8Array {
    return Uint8Array.from(this.#parts);
  }

  #varint(value: number): void {
    let rest = value;
    while (rest > 0x7f) {
      this.#parts.push((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.#parts.push(rest);
  }
}

/** A field as it was found: a number, or bytes. */
export type ProtobufField =
  | { readonly field: number; readonly int: number }
  | { readonly field: number; readonly bytes: Buffer };

/** The fields of a message in the order they come; fixed-size ones, which nobody here has, are passed over. */
export function* readProtobuf(input: Uint8Array): Generator<ProtobufField, void> {
  const bytes = Buffer.from(input.buffer, input.byteOffset, input.byteLength);
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = bytes[at++];
      if (byte === undefined || scale > 2 ** 63) throw new RangeError('a varint has no end');
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const key = varint();
    const field = Math.floor(key / 8);
    const type = key % 8;
    if (type === VARINT) {
      yield { field, int: varint() };
    } else {
      const length = type === BYTES ? varint() : type === FIXED64 ? 8 : type === FIXED32 ? 4 : -1;
      if (length < 0 || at + length > bytes.length) throw new RangeError('a field has no end');
      if (type === BYTES) yield { field, bytes: bytes.subarray(at, at + length) };
      at += length;
    }
  }
}

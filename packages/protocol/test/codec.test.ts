import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import {
  create,
  createFileRegistry,
  type DescField,
  type DescMessage,
  fromBinary,
  ScalarType,
  toBinary,
} from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import fc from 'fast-check';
import * as protocol from '../src/index.ts';

type Fields = Record<string, unknown>;

interface Codec {
  encode(message: Fields): { finish(): Uint8Array };
  decode(bytes: Uint8Array): Fields;
  fromPartial(message: Fields): Fields;
}

const root = join(import.meta.dirname, '../../..');
const buf = join(root, 'node_modules/.bin/buf');
const image = execFileSync(buf, ['build', '--as-file-descriptor-set', '-o', '-'], { cwd: root });
const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, image));
const messages = [...registry].filter((type) => type.kind === 'message');
/** Ours, by the name of the message. */
const codecs = protocol as Readonly<Record<string, unknown>>;

/** Any characters, a byte order mark among them, and lengths around those where another way is taken. */
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: 'grapheme-ascii', maxLength: 200 }),
  fc.constantFrom(
    '',
    'é'.repeat(43),
    '好'.repeat(50),
    'x'.repeat(127),
    'x'.repeat(128),
    '😀'.repeat(5000),
  ),
);

const SCALARS = new Map<ScalarType, fc.Arbitrary<unknown>>([
  [ScalarType.STRING, text],
  [ScalarType.BOOL, fc.boolean()],
  [ScalarType.INT32, fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })],
  [ScalarType.UINT32, fc.integer({ min: 0, max: 2 ** 32 - 1 })],
  [
    ScalarType.INT64,
    fc.oneof(
      fc.maxSafeInteger(),
      fc.constantFrom(0, 1, 127, 128, 2 ** 28 - 1, 2 ** 28, 2 ** 31, 2 ** 32, 2 ** 35, 2 ** 49),
      fc.constantFrom(
        Number.MAX_SAFE_INTEGER,
        Number.MIN_SAFE_INTEGER,
        -1,
        -128,
        -(2 ** 28),
        -(2 ** 32),
      ),
    ),
  ],
]);

function arbitraryOf(field: DescField): fc.Arbitrary<unknown> {
  if (field.message !== undefined) return messageOf(field.message);
  const scalar = field.scalar === undefined ? undefined : SCALARS.get(field.scalar);
  if (scalar === undefined)
    throw new Error(`${field.toString()} is of a type this test does not know`);
  return scalar;
}

/** Messages as ts-proto types them. */
function messageOf(desc: DescMessage): fc.Arbitrary<Fields> {
  return fc.record(
    Object.fromEntries(
      desc.members.map((member) => {
        if (member.kind === 'oneof') {
          const cases = member.fields.map((field) =>
            arbitraryOf(field).map((value) => ({ $case: field.localName, value })),
          );
          return [member.localName, fc.option(fc.oneof(...cases), { nil: undefined })];
        }
        const value = arbitraryOf(member);
        if (member.fieldKind === 'list')
          return [member.localName, fc.array(value, { maxLength: 5 })];
        const isMessage = member.message !== undefined;
        return [member.localName, isMessage ? fc.option(value, { nil: undefined }) : value];
      }),
    ),
  );
}

/** The same message for @bufbuild/protobuf. */
function reference(desc: DescMessage, message: Fields): ReturnType<typeof create> {
  const init: Fields = {};
  const convert = (field: DescField, value: unknown): unknown => {
    if (field.message !== undefined) return reference(field.message, value as Fields);
    return field.scalar === ScalarType.INT64 ? BigInt(value as number) : value;
  };
  for (const member of desc.members) {
    const value = message[member.localName];
    if (value === undefined) continue;
    if (member.kind === 'oneof') {
      const { $case, value: chosen } = value as { $case: string; value: unknown };
      const field = member.fields.find(({ localName }) => localName === $case);
      if (field !== undefined)
        init[member.localName] = { case: $case, value: convert(field, chosen) };
    } else if (member.fieldKind === 'list') {
      init[member.localName] = (value as unknown[]).map((each) => convert(member, each));
    } else {
      init[member.localName] = convert(member, value);
    }
  }
  return create(desc, init);
}

describe('encoders and decoders', () => {
  test('there is one of every message', () => {
    assert.ok(messages.length > 50);
    for (const { name } of messages) assert.equal(typeof codecs[name], 'object', name);
  });

  for (const desc of messages) {
    test(`${desc.name}: the same bytes as @bufbuild/protobuf, and the same message back`, () => {
      const codec = codecs[desc.name] as Codec;
      fc.assert(
        fc.property(messageOf(desc), (message) => {
          const bytes = codec.encode(message).finish();
          const expected = toBinary(desc, reference(desc, message));
          assert.ok(Buffer.from(expected).equals(bytes), 'the bytes differ');
          assert.deepEqual(codec.decode(expected), codec.fromPartial(message));
          // Views into larger buffers, as they come from the network.
          const around = Buffer.concat([Buffer.from('before'), bytes, Buffer.from('after')]);
          assert.deepEqual(
            codec.decode(new Uint8Array(around.buffer, around.byteOffset + 6, bytes.length)),
            codec.fromPartial(message),
          );
        }),
        { numRuns: 30 },
      );
    });
  }

  test('messages share a buffer and leave each other alone, also when one fails or is large', () => {
    const { Content, PushRequest } = protocol;
    const texts = Array.from({ length: 2000 }, (_, i) =>
      `${i} `.repeat(1 + (i % 50) * (i % 97 === 0 ? 500 : 1)),
    );
    const encoded = texts.map((text, i) => {
      if (i % 7 === 0) {
        const bad = { users: ['a'], message: { seq: 0.5 }, exceptConnectionId: 'x' };
        assert.throws(
          () => PushRequest.encode(PushRequest.fromPartial(bad)),
          /0.5 is no whole number/,
        );
      }
      return Content.encode({ text }).finish();
    });
    assert.deepEqual(
      encoded.map((bytes) => Content.decode(bytes).text),
      texts,
    );
    // A large one does not keep more than itself.
    const large = Content.encode({ text: 'x'.repeat(100_000) }).finish();
    assert.ok(large.buffer.byteLength < 101_000, `${large.buffer.byteLength} bytes`);
  });

  test('fields that are not known are skipped, of every wire type', () => {
    const unknown = Buffer.from([
      ...[0x78, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
      ...[0x79, 1, 2, 3, 4, 5, 6, 7, 8],
      ...[0x7a, 2, 1, 2],
      ...[0x7b, 0x08, 1, 0x13, 0x14, 0x7c],
      ...[0x7d, 1, 2, 3, 4],
    ]);
    const known = protocol.Content.encode({ text: 'hello' }).finish();
    assert.deepEqual(protocol.Content.decode(Buffer.concat([unknown, known, unknown])), {
      text: 'hello',
    });
  });

  test('what is no message is refused: cut at any byte, lengths that lie, numbers that are not exact', () => {
    const { Conversation, Message, Content } = protocol;
    const message = Message.fromPartial({ seq: 2 ** 40, sender: 'alice', content: { text: 'hi' } });
    const whole = Conversation.encode(Conversation.fromPartial({ messages: [message] })).finish();
    for (let length = 1; length < whole.length; length++) {
      assert.throws(() => Conversation.decode(whole.subarray(0, length)), RangeError, `${length}`);
    }
    const refused: [string, number[]][] = [
      ['the number 0', [0x00, 0x00]],
      ['wire type 7', [0x0f, 0x00]],
      ['wire type 4', [0x0c]],
      ['longer than ten bytes', [0x10, ...Array(10).fill(0xff), 0x00]],
      ['too large to be exact', [0x10, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10]],
      ['runs past its message', [0x32, 0x03, 0x0a, 0x05, 0x61, 0x61, 0x61, 0x61, 0x61]],
    ];
    for (const [why, bytes] of refused) {
      assert.throws(() => Message.decode(Uint8Array.from(bytes)), {
        name: 'RangeError',
        message: new RegExp(why),
      });
    }
    const nested = [0x2a, 0x03, 0x32, 0x05, 0x0a, 0x03, 0x61, 0x61, 0x61];
    assert.throws(
      () => Conversation.decode(Uint8Array.from(nested)),
      /ends after the one it is in/,
    );
    const groups = Buffer.concat([Buffer.alloc(200, 0x7b), Buffer.alloc(200, 0x7c)]);
    assert.throws(() => Content.decode(groups), /nested too deeply/);
  });

  test('any bytes are a message or a RangeError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          protocol.ClientEnvelope.decode(bytes);
        } catch (error) {
          assert.ok(error instanceof RangeError, String(error));
        }
      }),
      { numRuns: 2000 },
    );
  });
});

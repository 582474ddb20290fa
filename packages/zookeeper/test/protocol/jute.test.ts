import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { JuteReader, JuteWriter, ProtocolError } from '../../src/protocol/index.ts';

type Value =
  | { kind: 'int'; value: number }
  | { kind: 'long'; value: bigint }
  | { kind: 'longNumber'; value: number }
  | { kind: 'bool'; value: boolean }
  | { kind: 'buffer'; value: Buffer | null }
  | { kind: 'string'; value: string | null }
  | { kind: 'texts'; value: string[] };

const bytes = fc.uint8Array({ maxLength: 400 }).map((value) => Buffer.from(value));
const text = fc.string({ unit: 'binary', maxLength: 100 });
const values: fc.Arbitrary<Value> = fc.oneof(
  fc.record({ kind: fc.constant('int' as const), value: fc.integer() }),
  fc.record({
    kind: fc.constant('long' as const),
    value: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  }),
  fc.record({ kind: fc.constant('longNumber' as const), value: fc.maxSafeInteger() }),
  fc.record({ kind: fc.constant('bool' as const), value: fc.boolean() }),
  fc.record({ kind: fc.constant('buffer' as const), value: fc.option(bytes) }),
  fc.record({ kind: fc.constant('string' as const), value: fc.option(text) }),
  fc.record({ kind: fc.constant('texts' as const), value: fc.array(text) }),
);

function write(output: JuteWriter, item: Value): void {
  switch (item.kind) {
    case 'int':
      output.int(item.value);
      break;
    case 'long':
      output.long(item.value);
      break;
    case 'longNumber':
      output.longNumber(item.value);
      break;
    case 'bool':
      output.bool(item.value);
      break;
    case 'buffer':
      output.buffer(item.value);
      break;
    case 'string':
      output.string(item.value);
      break;
    case 'texts':
      output.strings(item.value);
      break;
  }
}

describe('jute', () => {
  it('reads back any sequence of values, whatever the growth of the writer', () => {
    fc.assert(
      fc.property(fc.array(values), fc.integer({ min: 1, max: 64 }), (items, initialBytes) => {
        const output = new JuteWriter(initialBytes);
        for (const item of items) write(output, item);
        const input = new JuteReader(output.take());
        for (const item of items) assert.deepEqual(input[item.kind](), item.value);
        assert.equal(input.remaining, 0);
      }),
    );
  });

  it('reads inputs one after the other with one reader, wherever they lie in memory', () => {
    const reader = new JuteReader(Buffer.alloc(0));
    fc.assert(
      fc.property(fc.array(values), fc.nat(20), fc.nat(20), (items, before, behind) => {
        const output = new JuteWriter();
        output.raw(Buffer.alloc(before, 0xff));
        for (const item of items) write(output, item);
        const end = output.length;
        output.raw(Buffer.alloc(behind, 0xff));
        reader.reset(output.take().subarray(before, end));
        for (const item of items) assert.deepEqual(reader[item.kind](), item.value);
        assert.equal(reader.remaining, 0);
        assert.throws(() => reader.bool(), { code: 'TRUNCATED' });
      }),
    );
  });

  it('never reads past the end and never throws anything but a ProtocolError', () => {
    fc.assert(
      fc.property(bytes, fc.array(values), (input, kinds) => {
        const reader = new JuteReader(input);
        try {
          for (const { kind } of kinds) reader[kind]();
        } catch (error) {
          assert.ok(error instanceof ProtocolError);
        }
        assert.ok(reader.remaining >= 0);
      }),
    );
  });

  it('refuses a negative length other than null, and a count larger than what is there', () => {
    const negative = new JuteReader(Buffer.from('fffffffe', 'hex'));
    assert.throws(() => negative.buffer(), { code: 'BAD_LENGTH', length: -2 });
    const huge = new JuteReader(Buffer.from('7fffffff00', 'hex'));
    assert.throws(() => huge.texts(), { code: 'TRUNCATED' });
  });

  it('reads null strings as empty text and null vectors as empty', () => {
    const input = new JuteReader(Buffer.from('ffffffffffffffff', 'hex'));
    assert.equal(input.text(), '');
    assert.deepEqual(input.texts(), []);
  });

  it('reads the texts of a list as it would one by one, be they null, not ASCII or no UTF-8', () => {
    const ascii = fc
      .string({ unit: 'binary-ascii', maxLength: 40 })
      .map((value) => Buffer.from(value));
    const lists = fc.oneof(fc.array(ascii), fc.array(fc.option(fc.oneof(ascii, bytes))));
    fc.assert(
      fc.property(lists, fc.integer({ min: 1, max: 8 }), (some, times) => {
        const list = Array.from({ length: times }, () => some).flat();
        const output = new JuteWriter();
        output.int(list.length);
        for (const each of list) output.buffer(each);
        output.int(-1);
        const written = output.take();
        const input = new JuteReader(written);
        const one = new JuteReader(written);
        assert.equal(one.int(), list.length);
        assert.deepEqual(
          input.texts(),
          list.map(() => one.text()),
        );
        assert.equal(input.int(), -1);
        assert.throws(() => new JuteReader(written.subarray(0, -5)).texts(), ProtocolError);
      }),
    );
  });

  it('reads the text that is there, whatever text is expected', () => {
    fc.assert(
      fc.property(text, fc.nat(), text, (written, at, other) => {
        const bytes = Buffer.from(written);
        const changed = Buffer.from(bytes);
        if (changed.length > 0) changed[at % changed.length] = 0x61;
        // The last two are as long as the bytes of what is there.
        const guesses = [written, other, changed.toString('latin1'), bytes.toString('latin1')];
        for (const guess of guesses) {
          const output = new JuteWriter();
          output.string(written);
          output.int(7);
          const input = new JuteReader(output.take());
          assert.equal(input.textLike(guess), written);
          assert.equal(input.int(), 7);
        }
      }),
    );
    const cut = new JuteReader(Buffer.from('000000026161', 'hex').subarray(0, 5));
    assert.throws(() => cut.textLike('aa'), { code: 'TRUNCATED' });
    assert.equal(new JuteReader(Buffer.from('ffffffff', 'hex')).textLike('a'), '');
  });

  it('writes several frames into one buffer and can take one back', () => {
    const output = new JuteWriter();
    const first = output.beginFrame();
    output.string('a');
    assert.equal(output.endFrame(first), 5);
    const second = output.beginFrame();
    output.string('dropped');
    output.rewind(second);
    const third = output.beginFrame();
    output.int(7);
    output.endFrame(third);
    assert.equal(output.take().toString('hex'), '0000000500000001610000000400000007');
    assert.equal(output.length, 0);
  });

  it('keeps the bytes of several writers apart, whichever of them writes, takes or grows next', () => {
    const step = fc.record({ writer: fc.nat(2), value: values, take: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const writers = [new JuteWriter(), new JuteWriter(1), new JuteWriter(4000)];
        const written: Value[][] = [[], [], []];
        const taken: { bytes: Buffer; items: Value[] }[] = [];
        const take = (writer: number) => {
          const output = writers[writer] ?? assert.fail();
          const { length } = output;
          const bytes = output.take();
          assert.equal(bytes.length, length);
          taken.push({ bytes, items: written[writer]?.splice(0) ?? [] });
        };
        for (const { writer, value, take: isTaken } of steps) {
          write(writers[writer] ?? assert.fail(), value);
          written[writer]?.push(value);
          if (isTaken) take(writer);
        }
        for (const writer of writers.keys()) take(writer);
        for (const { bytes, items } of taken) {
          const input = new JuteReader(bytes);
          for (const item of items) assert.deepEqual(input[item.kind](), item.value);
          assert.equal(input.remaining, 0);
        }
      }),
    );
  });

  it('reads bytes as a copy that outlives the input', () => {
    const output = new JuteWriter();
    output.buffer(Buffer.from('kept'));
    output.buffer(null);
    output.buffer(Buffer.alloc(0));
    const bytes = output.take();
    const input = new JuteReader(bytes);
    const kept = input.ownBuffer();
    bytes.fill(0, 0, 8);
    assert.deepEqual(kept, Buffer.from('kept'));
    assert.equal(input.ownBuffer(), null);
    assert.deepEqual(input.ownBuffer(), Buffer.alloc(0));
    assert.throws(() => input.ownBuffer(), { code: 'TRUNCATED' });
  });

  it('writes into memory that was given back, and never into what is still held', () => {
    const write = (byte: number, bytes: number): Buffer => {
      const output = new JuteWriter();
      output.raw(Buffer.alloc(bytes, byte));
      return output.take();
    };
    const first = write(1, 300_000);
    JuteWriter.recycle(first);
    const held = write(2, 300_000);
    assert.equal(held.buffer, first.buffer);
    const others = [write(3, 300_000), write(4, 100), write(5, 1_000_000)];
    JuteWriter.recycle(write(6, 100));
    for (const [i, bytes] of [held, ...others].entries()) {
      assert.ok(
        bytes.every((byte) => byte === i + 2),
        `output ${i}`,
      );
    }
  });
});

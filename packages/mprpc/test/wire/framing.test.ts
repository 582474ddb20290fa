import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { FrameDecoder } from '../../src/wire/frame-decoder.ts';
import { FrameWriter } from '../../src/wire/frame-writer.ts';
import { type Frame, frame } from '../support/scripted-peer.ts';

const anyFrame = fc.record(
  {
    type: fc.nat(255),
    flags: fc.nat(255),
    id: fc.nat(0xffffffff),
    body: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  },
  { noNullPrototype: true },
);

/** A decoder and what came out of it. */
function collect(maxFrameBytes = 1 << 20): { decoder: FrameDecoder; frames: Frame[] } {
  const frames: Frame[] = [];
  const decoder = new FrameDecoder(
    {
      onFrame: (type, flags, id, bytes, start, end) =>
        frames.push({ type, flags, id, body: Buffer.from(bytes.subarray(start, end)) }),
    },
    maxFrameBytes,
  );
  return { decoder, frames };
}

const encode = (frames: readonly Frame[]): Buffer =>
  Buffer.concat(frames.map(({ type, flags, id, body }) => frame(type, flags, id, body)));

describe('framing', () => {
  test('frames come out as they went in, split at every byte', () => {
    fc.assert(
      fc.property(fc.array(anyFrame, { minLength: 1, maxLength: 3 }), (sent) => {
        const stream = encode(sent);
        for (let split = 0; split <= stream.length; split++) {
          const { decoder, frames } = collect();
          decoder.push(stream.subarray(0, split));
          decoder.push(stream.subarray(split));
          assert.deepEqual(frames, sent);
          assert.ok(decoder.atBoundary);
        }
      }),
      { numRuns: 50 },
    );
  });

  test('frames come out as they went in, whatever the chunks', () => {
    fc.assert(
      fc.property(
        fc.array(anyFrame, { maxLength: 20 }),
        fc.array(fc.integer({ min: 1, max: 17 }), { minLength: 1 }),
        (sent, sizes) => {
          const stream = encode(sent);
          const { decoder, frames } = collect();
          for (let at = 0, i = 0; at < stream.length; i++) {
            const size = sizes[i % sizes.length] as number;
            decoder.push(stream.subarray(at, at + size));
            at += size;
          }
          assert.deepEqual(frames, sent);
        },
      ),
    );
  });

  test('large frames are copied, so that a chunk of nothing else is free again', () => {
    const handed: Buffer[] = [];
    const decoder = new FrameDecoder(
      {
        onFrame: (_type, _flags, _id, bytes, start, end) => handed.push(bytes.subarray(start, end)),
      },
      1 << 20,
    );
    const large = (filler: string): Buffer => frame(1, 0, 1, Buffer.alloc(20_000, filler));
    const small = frame(1, 0, 1, Buffer.from('small'));
    const stream = Buffer.concat([large('a'), large('b'), large('c')]);
    const chunks = [stream.subarray(0, 45_000), stream.subarray(45_000)].map((part) =>
      Buffer.from(part),
    );
    for (const chunk of chunks) {
      assert.equal(decoder.push(chunk), true);
      chunk.fill('x');
    }
    assert.deepEqual(
      handed.map(String),
      ['a', 'b', 'c'].map((filler) => filler.repeat(20_000)),
    );
    assert.equal(decoder.push(Buffer.concat([large('d'), small])), false);
    assert.equal(decoder.push(large('e').subarray(0, 100)), true);
  });

  test('a length beyond the limit or below the header is refused before its bytes are awaited', () => {
    for (const length of [0, 5, 97, 0xffffffff]) {
      const prefix = Buffer.alloc(4);
      prefix.writeUInt32BE(length);
      const { decoder } = collect(100);
      assert.throws(() => decoder.push(prefix), { code: 'INTERNAL', reason: 'BAD_FRAME' });
    }
    const { decoder, frames } = collect(100);
    decoder.push(frame(1, 0, 1, Buffer.alloc(90)));
    assert.equal(frames.length, 1);
  });

  test('nothing comes out after stop, not even from the chunk at hand', () => {
    let count = 0;
    const decoder: FrameDecoder = new FrameDecoder(
      {
        onFrame: () => {
          count++;
          decoder.stop();
        },
      },
      1000,
    );
    decoder.push(Buffer.concat([frame(1, 0, 1), frame(1, 0, 2)]));
    decoder.push(frame(1, 0, 3));
    assert.equal(count, 1);
  });
});

describe('FrameWriter', () => {
  test('writes every byte once and in order, whether or not chunks may be reused', () => {
    const size = fc.oneof(fc.nat(300), fc.nat(70_000));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(size, size), { maxLength: 12 }),
        fc.func(fc.boolean()),
        (sizes, free) => {
          const written: Buffer[] = [];
          const writer = new FrameWriter((chunk) => {
            const reuse = free(written.length);
            written.push(reuse ? Buffer.from(chunk) : (chunk as Buffer));
            return reuse;
          });
          const expected = sizes.map(([fixed, message], index) => {
            const at = writer.open(1, 2, index, fixed, message);
            writer.chunk.fill(index, at, at + fixed);
            writer.append(Buffer.alloc(message, index));
            return frame(1, 2, index, Buffer.alloc(fixed + message, index));
          });
          writer.flush();
          assert.equal(writer.pending, 0);
          assert.ok(Buffer.concat(written).equals(Buffer.concat(expected)));
        },
      ),
      { numRuns: 60 },
    );
  });

  test('small frames leave in one write', () => {
    let writes = 0;
    const writer = new FrameWriter(() => {
      writes++;
      return true;
    });
    for (let id = 0; id < 100; id++) {
      writer.open(3, 0, id, 2, 100);
      writer.append(Buffer.alloc(100));
    }
    assert.equal(writes, 0);
    writer.flush();
    writer.flush();
    assert.equal(writes, 1);
  });
});

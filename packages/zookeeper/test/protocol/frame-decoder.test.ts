import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { FrameDecoder } from '../../src/protocol/index.ts';

function frame(payload: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(payload.length);
  return Buffer.concat([length, payload]);
}

function drain(decoder: FrameDecoder): Buffer[] {
  const frames: Buffer[] = [];
  for (let next = decoder.next(); next !== null; next = decoder.next()) frames.push(next);
  return frames;
}

describe('FrameDecoder', () => {
  const payloads = ['', 'a', 'hello', '', 'x'.repeat(300)].map((text) => Buffer.from(text));
  const stream = Buffer.concat(payloads.map(frame));

  it('gives the same frames whichever byte the stream is split at', () => {
    for (let at = 0; at <= stream.length; at++) {
      const decoder = new FrameDecoder();
      decoder.push(stream.subarray(0, at));
      const frames = drain(decoder);
      decoder.push(stream.subarray(at));
      assert.deepEqual([...frames, ...drain(decoder)], payloads, `split at ${at}`);
    }
  });

  it('gives the same frames for any chunks, drained after each or only at the end', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 50 }).map((value) => Buffer.from(value))),
        fc.infiniteStream(fc.integer({ min: 1, max: 40 })),
        fc.boolean(),
        (bodies, sizes, eager) => {
          const decoder = new FrameDecoder();
          const frames: Buffer[] = [];
          let rest = Buffer.concat(bodies.map(frame));
          for (const size of sizes) {
            if (rest.length === 0) break;
            decoder.push(rest.subarray(0, size));
            rest = rest.subarray(size);
            if (eager) frames.push(...drain(decoder));
          }
          assert.deepEqual([...frames, ...drain(decoder)], bodies);
        },
      ),
    );
  });

  it('accepts the maximum and refuses one byte more, and negative lengths', () => {
    const decoder = new FrameDecoder(10);
    decoder.push(frame(Buffer.alloc(10)));
    assert.equal(decoder.next()?.length, 10);
    decoder.push(frame(Buffer.alloc(11)));
    assert.throws(() => decoder.next(), { code: 'FRAME_LENGTH', length: 11 });
    const negative = new FrameDecoder();
    negative.push(Buffer.from('ffffffff', 'hex'));
    assert.throws(() => negative.next(), { code: 'FRAME_LENGTH', length: -1 });
  });

  it('hands the bytes of a four-letter word over in its error', () => {
    const decoder = new FrameDecoder();
    decoder.push(Buffer.from('ru'));
    assert.equal(decoder.next(), null);
    decoder.push(Buffer.from('ok'));
    assert.throws(() => decoder.next(), { length: Buffer.from('ruok').readInt32BE() });
  });
});

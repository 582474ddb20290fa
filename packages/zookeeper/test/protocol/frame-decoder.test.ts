import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { FrameDecoder, JuteReader, JuteWriter } from '../../src/protocol/index.ts';

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

  it('needs the memory of no chunk once it has kept what is left, however much was read', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 50 }).map((value) => Buffer.from(value))),
        fc.infiniteStream(fc.tuple(fc.integer({ min: 1, max: 120 }), fc.nat(3))),
        (bodies, steps) => {
          const decoder = new FrameDecoder();
          const memory = Buffer.alloc(120);
          const frames: Buffer[] = [];
          let rest = Buffer.concat(bodies.map(frame));
          for (const [size, read] of steps) {
            if (rest.length === 0) break;
            const chunk = memory.subarray(0, rest.copy(memory, 0, 0, size));
            decoder.push(chunk);
            rest = rest.subarray(chunk.length);
            for (let i = 0; i < read; i++) {
              const next = decoder.next();
              if (next !== null) frames.push(Buffer.from(next));
            }
            decoder.keep();
            memory.fill(0xff);
          }
          assert.deepEqual([...frames, ...drain(decoder)], bodies);
        },
      ),
    );
  });

  it('lets one reader begin with each frame, whichever byte the stream is split at', () => {
    const names = ['', 'a', 'a longer name', 'x'.repeat(300)];
    const output = new JuteWriter();
    for (const name of names) {
      const mark = output.beginFrame();
      output.string(name);
      output.endFrame(mark);
    }
    const stream = output.take();
    const input = new JuteReader(Buffer.alloc(0));
    for (let at = 0; at <= stream.length; at++) {
      const decoder = new FrameDecoder();
      const read: (string | null)[] = [];
      for (const chunk of [stream.subarray(0, at), stream.subarray(at)]) {
        decoder.push(chunk);
        while (decoder.nextInto(input)) {
          read.push(input.string());
          assert.equal(input.remaining, 0);
          assert.throws(() => input.bool(), { code: 'TRUNCATED' });
        }
      }
      assert.deepEqual(read, names, `split at ${at}`);
    }
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

  it('takes no more memory than its maximum, whatever lengths it is told', () => {
    const maxBytes = 1 << 20;
    const allocated = () => process.memoryUsage().arrayBuffers;
    fc.assert(
      fc.property(fc.integer(), fc.uint8Array({ maxLength: 20 }), (length, rest) => {
        const decoder = new FrameDecoder(maxBytes);
        const header = Buffer.alloc(4);
        header.writeInt32BE(length);
        const before = allocated();
        decoder.push(Buffer.concat([header, rest]));
        try {
          decoder.next();
          assert.ok(length >= 0 && length <= maxBytes);
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'FRAME_LENGTH');
        }
        assert.ok(allocated() - before <= 2 * maxBytes);
      }),
    );
  });

  it('has nothing of a chunk left once it was drained, so that its memory can be used again', () => {
    const memory = Buffer.alloc(7);
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 30 })), (bodies) => {
        const decoder = new FrameDecoder();
        const stream = Buffer.concat(bodies.map((body) => frame(Buffer.from(body))));
        const frames: string[] = [];
        for (let at = 0; at < stream.length; at += memory.length) {
          const bytes = stream.copy(memory, 0, at);
          decoder.push(memory.subarray(0, bytes));
          frames.push(...drain(decoder).map((each) => each.toString('hex')));
          memory.fill(0xff);
        }
        assert.deepEqual(
          frames,
          bodies.map((body) => Buffer.from(body).toString('hex')),
        );
      }),
    );
  });

  it('hands the bytes of a four-letter word over in its error', () => {
    const decoder = new FrameDecoder();
    decoder.push(Buffer.from('ru'));
    assert.equal(decoder.next(), null);
    decoder.push(Buffer.from('ok'));
    assert.throws(() => decoder.next(), { length: Buffer.from('ruok').readInt32BE() });
  });
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { RpcError } from '../../src/index.ts';
import { FrameDecoder } from '../../src/wire/frame-decoder.ts';
import { noiseToClient, noiseToServer } from '../support/noise.ts';

describe('a great deal of noise', () => {
  test('a server outlives whatever a caller sends', () => noiseToServer(15_000));

  test('a client outlives whatever a server answers', () => noiseToClient(6000));

  test('the decoder hands on frames within its limit, or fails, and keeps no more than one frame', () => {
    const limit = 64 * 1024;
    // Lengths that are small, near the limit, and anything at all.
    const length = fc.oneof(
      fc.nat(300),
      fc.integer({ min: limit - 10, max: limit + 10 }),
      fc.nat(),
    );
    const head = fc.tuple(length, fc.uint8Array({ maxLength: 400 })).map(([size, rest]) => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(size >>> 0);
      return Buffer.concat([bytes, rest]);
    });
    const chunks = fc.array(fc.oneof(head, fc.uint8Array({ maxLength: 200 })), { maxLength: 30 });
    fc.assert(
      fc.property(chunks, (parts) => {
        const frame = (
          _t: number,
          _f: number,
          _i: number,
          b: Buffer,
          start: number,
          end: number,
        ) => {
          assert.ok(start >= 10 && end >= start && end <= b.length && end - start + 10 <= limit);
        };
        const decoder = new FrameDecoder({ onFrame: frame }, limit);
        try {
          for (const part of parts) decoder.push(Buffer.from(part));
        } catch (error) {
          assert.ok(error instanceof RpcError && error.reason === 'BAD_FRAME', String(error));
        }
      }),
      { numRuns: 100_000 },
    );
  });
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { RpcError } from '../../src/index.ts';
import { InboundStream } from '../../src/streams/inbound-stream.ts';

const COST = 10;

function stream(window: number) {
  const heard = { granted: 0, grants: 0, stopped: [] as (RpcError | undefined)[] };
  const inbound = new InboundStream(
    {
      decode: (bytes) => {
        if (bytes[0] === 0xff) throw new Error('not a number');
        return bytes[0];
      },
      grant: (bytes) => {
        heard.granted += bytes;
        heard.grants++;
      },
      stopped: (error) => heard.stopped.push(error),
    },
    window,
  );
  const receive = (value: number): void => inbound.receive(Buffer.from([value]), 0, 1);
  return { inbound, heard, receive };
}

describe('InboundStream', () => {
  test('hands out messages in order, whether readers or messages come first', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { maxLength: 40 }), async (reads) => {
        const { inbound, receive } = stream(1000);
        const taken: Promise<IteratorResult<unknown, undefined>>[] = [];
        let sent = 0;
        for (const read of reads) {
          if (read) taken.push(inbound.next());
          else receive(sent++);
        }
        inbound.end();
        for await (const value of inbound) taken.push(Promise.resolve({ value, done: false }));
        const values = (await Promise.all(taken)).filter((r) => !r.done).map((r) => r.value);
        assert.deepEqual(
          values,
          Array.from({ length: sent }, (_, index) => index),
        );
      }),
      { numRuns: 50 },
    );
  });

  test('credit covers what was taken, in half windows; a sender without credit breaks the format', async () => {
    const { inbound, heard, receive } = stream(4 * (COST + 1));
    for (let value = 0; value < 4; value++) receive(value);
    assert.throws(() => receive(4), { reason: 'BAD_FRAME' });
    await inbound.next();
    assert.equal(heard.granted, 0);
    await inbound.next();
    assert.deepEqual([heard.granted, heard.grants], [2 * (COST + 1), 1]);
    receive(5);
    receive(6);
    assert.throws(() => receive(7), { reason: 'BAD_FRAME' });
  });

  test('what is not taken in the turn it came in no longer needs its chunk, whatever was taken before', async () => {
    for (const taken of [0, 1, 2]) {
      const { inbound } = stream(100_000);
      const chunk = Buffer.from([1, 2, 3, 4]);
      for (let at = 0; at < 4; at++) inbound.receive(chunk, at, at + 1);
      for (let value = 1; value <= taken; value++)
        assert.equal((await inbound.next()).value, value);
      await new Promise(setImmediate);
      chunk.fill(9);
      const later = Buffer.from([5]);
      inbound.receive(later, 0, 1);
      for (let value = taken + 1; value <= 5; value++) {
        assert.equal((await inbound.next()).value, value);
      }
    }
  });

  test('a message larger than the window passes, and its credit comes back when it is taken', async () => {
    const { inbound, heard } = stream(100);
    inbound.receive(Buffer.alloc(500), 0, 500);
    assert.throws(() => inbound.receive(Buffer.alloc(1), 0, 1), { reason: 'BAD_FRAME' });
    await inbound.next();
    assert.equal(heard.granted, 510);
  });

  test('a failure is told once: after what was queued, or at once when the caller gave up', async () => {
    const error = new RpcError('UNAVAILABLE', 'gone');
    const kept = stream(1000);
    kept.receive(1);
    kept.inbound.fail(error, false);
    assert.equal((await kept.inbound.next()).value, 1);
    await assert.rejects(kept.inbound.next(), error);
    assert.ok((await kept.inbound.next()).done);

    const dropped = stream(1000);
    dropped.receive(1);
    dropped.inbound.fail(error, true);
    await assert.rejects(dropped.inbound.next(), error);

    const waiting = stream(1000);
    const [first, second] = [waiting.inbound.next(), waiting.inbound.next()];
    waiting.inbound.fail(error, false);
    await assert.rejects(first, error);
    assert.ok((await second).done);
  });

  test('a reader that leaves stops the stream; what comes after is dropped', async () => {
    const { inbound, heard, receive } = stream(1000);
    receive(1);
    receive(2);
    for await (const value of inbound) {
      assert.equal(value, 1);
      break;
    }
    assert.deepEqual(heard.stopped, [undefined]);
    receive(3);
    inbound.fail(new RpcError('CANCELLED', ''), true);
    assert.ok((await inbound.next()).done);
  });

  test('a message that cannot be decoded ends it with an error', async () => {
    const { inbound, heard, receive } = stream(1000);
    receive(0xff);
    receive(1);
    await assert.rejects(inbound.next(), { code: 'INTERNAL', reason: 'BAD_MESSAGE' });
    assert.equal(heard.stopped.length, 1);
    assert.ok((await inbound.next()).done);
  });
});

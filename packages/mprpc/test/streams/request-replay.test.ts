import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RequestReplay } from '../../src/streams/request-replay.ts';

/** Requests that come when the test says so. */
function source() {
  let next = Promise.withResolvers<number | undefined>();
  const state = { taken: 0, closed: false };
  async function* numbers(): AsyncGenerator<number> {
    try {
      for (;;) {
        const value = await next.promise;
        next = Promise.withResolvers();
        if (value === undefined) return;
        state.taken++;
        yield value;
      }
    } finally {
      state.closed = true;
    }
  }
  const replay = new RequestReplay(numbers(), (value) => new Uint8Array([value as number]));
  return { replay, state, push: (value?: number) => next.resolve(value) };
}

async function read(attempt: AsyncIterator<Uint8Array>): Promise<number | undefined> {
  const step = await attempt.next();
  return step.done ? undefined : step.value[0];
}

describe('RequestReplay', () => {
  test('each attempt reads from the start; what one was waiting for goes to the next', async () => {
    const { replay, state, push } = source();
    const first = replay.attempt()[Symbol.asyncIterator]();
    push(1);
    assert.equal(await read(first), 1);
    const pending = first.next();
    const second = replay.attempt()[Symbol.asyncIterator]();
    assert.equal(await read(second), 1);
    const waiting = read(second);
    push(2);
    assert.equal(await waiting, 2);
    assert.equal((await pending).value?.[0], 2);
    assert.equal(state.taken, 2);
    replay.commit();
    push(3);
    assert.equal(await read(second), 3);
    push();
    assert.equal(await read(second), undefined);
    assert.ok(state.closed);
  });

  test('is committed by more than it keeps, and closes its source once', async () => {
    const large = new RequestReplay([1, 2, 3], () => new Uint8Array(40_000));
    const attempt = large.attempt()[Symbol.asyncIterator]();
    await attempt.next();
    assert.ok(!large.isCommitted);
    await attempt.next();
    assert.ok(large.isCommitted);
    await attempt.next();
    assert.ok((await attempt.next()).done);

    const { replay, state, push } = source();
    const reading = replay.attempt()[Symbol.asyncIterator]();
    push(1);
    await reading.next();
    replay.close();
    assert.ok((await reading.next()).done);
    await Promise.resolve();
    assert.ok(state.closed);
  });

  test('what the source or the encoder throws reaches the reader', async () => {
    const failing = new RequestReplay(
      (async function* () {
        yield await Promise.reject(new Error('dry'));
      })(),
      () => new Uint8Array(),
    );
    await assert.rejects(failing.attempt()[Symbol.asyncIterator]().next(), /dry/);
    const broken = new RequestReplay([1], () => {
      throw new Error('no number');
    });
    await assert.rejects(broken.attempt()[Symbol.asyncIterator]().next(), /no number/);
  });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RpcError } from '@mpim/mprpc';
import { retryAfterMs } from '@mpim/service-kit';
import { LoginLimiter } from '../../src/passwords/login-limiter.ts';

const right = async () => true;
const wrong = async () => false;

function refused(waitMs: number) {
  return (error: unknown) =>
    error instanceof RpcError &&
    error.code === 'RESOURCE_EXHAUSTED' &&
    retryAfterMs(error) === waitMs;
}

test('after so many failures even the right password waits, until the window ends', async () => {
  let now = 1_000;
  const limiter = new LoginLimiter({ failures: 3, windowMs: 60_000, now: () => now });
  for (let attempt = 0; attempt < 3; attempt++) {
    assert.equal(await limiter.attempt('amy', wrong), false);
    now += 1_000;
  }
  await assert.rejects(limiter.attempt('amy', right), refused(57_000));
  assert.equal(await limiter.attempt('bob', right), true, 'others are not concerned');
  now += 57_000;
  assert.equal(await limiter.attempt('amy', right), true);
});

test('a success forgets the failures before it', async () => {
  const limiter = new LoginLimiter({ failures: 2, windowMs: 60_000 });
  for (let round = 0; round < 3; round++) {
    assert.equal(await limiter.attempt('amy', wrong), false);
    assert.equal(await limiter.attempt('amy', right), true);
  }
});

test('guesses in parallel are counted before they are checked', async () => {
  const limiter = new LoginLimiter({ failures: 3, windowMs: 60_000 });
  let checked = 0;
  const gate = Promise.withResolvers<boolean>();
  const attempts = Array.from({ length: 50 }, () =>
    limiter.attempt('amy', () => {
      checked++;
      return gate.promise;
    }),
  );
  gate.resolve(false);
  const outcomes = await Promise.allSettled(attempts);
  assert.equal(checked, 3);
  assert.equal(outcomes.filter((outcome) => outcome.status === 'rejected').length, 47);
});

test('a check that breaks counts for nothing', async () => {
  const limiter = new LoginLimiter({ failures: 1, windowMs: 60_000 });
  await assert.rejects(
    limiter.attempt('amy', () => Promise.reject(new Error('disk'))),
    /disk/,
  );
  assert.equal(await limiter.attempt('amy', right), true);
});

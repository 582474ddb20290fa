import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RpcError } from '../../src/index.ts';
import { backoffMs, CONNECT_BACKOFF } from '../../src/resilience/backoff.ts';
import { retryRule } from '../../src/resilience/retry-rule.ts';

describe('retry rule', () => {
  const rule = (sent: number, untried: number, idempotent: boolean, attempts = sent) =>
    retryRule({
      error: new RpcError('UNAVAILABLE', 'lost', { sent: sent > 0 }),
      idempotent,
      sentAttempts: sent,
      attempts: Math.max(attempts, 1),
      untried,
    });

  test('nothing sent: the next instance, until there is none', () => {
    for (const idempotent of [true, false]) {
      assert.equal(rule(0, 2, idempotent), 'next');
      assert.equal(rule(0, 0, idempotent), 'stop');
    }
    assert.equal(rule(0, 20, true, 8), 'stop');
  });

  test('perhaps applied: never again unless idempotent, then twice at most', () => {
    assert.equal(rule(1, 5, false), 'stop');
    assert.equal(rule(1, 1, true), 'next');
    assert.equal(rule(1, 0, true), 'pause');
    assert.equal(rule(2, 0, true), 'pause');
    assert.equal(rule(3, 5, true), 'stop');
  });
});

describe('back-off', () => {
  test('grows to its limit and spreads by its jitter', () => {
    const options = { baseMs: 100, maxMs: 1000, multiplier: 2, jitter: 0.2 };
    const middle = (failures: number) => Math.round(backoffMs(options, failures, () => 0.5));
    assert.deepEqual([1, 2, 3, 4, 5, 50].map(middle), [100, 200, 400, 800, 1000, 1000]);
    assert.equal(Math.round(backoffMs(options, 1, () => 0)), 80);
    assert.ok(backoffMs(CONNECT_BACKOFF, 1, () => 0.999) <= 120);
  });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BackOff } from '../../src/supervisor/back-off.ts';

test('delays double up to the bound', () => {
  const backOff = new BackOff({ random: () => 1 });
  const delays = Array.from({ length: 8 }, () => backOff.next(0));
  assert.deepEqual(delays, [200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
});

test('being well for long enough starts over', () => {
  const backOff = new BackOff({ random: () => 1 });
  backOff.next(0);
  backOff.next(0);
  assert.equal(backOff.next(29_999), 800);
  assert.equal(backOff.next(30_000), 200);
});

test('jitter takes away at most a quarter', () => {
  const least = new BackOff({ random: () => 0 });
  assert.equal(least.next(0), 150);
  const some = new BackOff();
  const delay = some.next(0);
  assert.ok(delay >= 150 && delay <= 200);
});

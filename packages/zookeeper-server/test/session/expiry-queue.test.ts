import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ExpiryQueue } from '../../src/session/expiry-queue.ts';

test('an item falls due never early and at most one tick late', () => {
  const cases = fc.tuple(fc.nat(10_000), fc.nat(10_000), fc.integer({ min: 1, max: 3000 }));
  fc.assert(
    fc.property(cases, ([start, timeoutMs, tickMs]) => {
      const queue = new ExpiryQueue<string>(tickMs);
      queue.update('item', timeoutMs, start);
      assert.deepEqual(queue.takeDue(start + timeoutMs), []);
      assert.deepEqual(queue.takeDue(start + timeoutMs + tickMs), ['item']);
      assert.equal(queue.size, 0);
    }),
  );
});

test('a sign of life moves the deadline, and a removed item never falls due', () => {
  const queue = new ExpiryQueue<string>(100);
  queue.update('kept', 1000, 0);
  queue.update('left', 1000, 0);
  queue.update('gone', 1000, 0);
  queue.update('kept', 1000, 900);
  queue.remove('gone');
  assert.deepEqual(queue.takeDue(1100), ['left']);
  assert.deepEqual(queue.takeDue(2000), ['kept']);
  assert.deepEqual(queue.buckets(), []);
});

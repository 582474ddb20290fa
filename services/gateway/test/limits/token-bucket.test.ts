import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TokenBucket } from '../../src/limits/token-bucket.ts';

test('lets a burst through, then one per interval, and never more than the burst', () => {
  let now = 0;
  const bucket = new TokenBucket(10, 3, () => now);
  assert.deepEqual([bucket.take(), bucket.take(), bucket.take()], [0, 0, 0]);
  assert.equal(bucket.take(), 100);
  now = 60;
  assert.equal(bucket.take(), 40);
  now = 100;
  assert.equal(bucket.take(), 0);
  assert.equal(bucket.isFull, false);
  now = 100_000;
  assert.equal(bucket.isFull, true);
  assert.deepEqual([bucket.take(), bucket.take(), bucket.take()], [0, 0, 0]);
  assert.equal(bucket.take(), 100);
});

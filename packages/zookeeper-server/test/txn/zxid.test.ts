import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstZxid } from '../../src/txn/zxid.ts';

const START = Date.UTC(2026, 10, 23, 12, 0, 0, 999);

test('the epoch half holds the seconds since 2020', () => {
  assert.equal(firstZxid(Date.UTC(2020, 0, 1)), 0n);
  assert.equal(firstZxid(Date.UTC(2020, 0, 1, 0, 1)) >> 32n, 60n);
  assert.ok(firstZxid(Date.UTC(2080, 0, 1)) < 2n ** 63n);
});

test('a start one millisecond later is above a million changes of the earlier run', () => {
  for (const start of [START, START + 1, START + 500]) {
    assert.ok(firstZxid(start + 1) >= firstZxid(start) + 2n ** 20n);
  }
});

test('a clock that is far off gives a zxid all the same', () => {
  assert.equal(firstZxid(0), 0n);
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { middleMean, pace, shuffled } from '../src/zookeeper-client/pace.ts';

describe('the pace of the ZooKeeper client benchmark', () => {
  const settings = { rounds: 5, roundMs: 400, only: [], scale: 1, progress: () => {} };

  it('is many short rounds with one request in flight, as long together as the settings say', () => {
    assert.deepEqual(pace(1, settings), { processes: 2, rounds: 33, ms: 60 });
    assert.deepEqual(pace(1, { ...settings, rounds: 1, roundMs: 30 }), {
      processes: 2,
      rounds: 1,
      ms: 30,
    });
    assert.deepEqual(pace(100, settings), { processes: 1, rounds: 5, ms: 400 });
  });

  it('takes turns in orders that differ, and leaves nobody out', () => {
    const all = [1, 2, 3, 4, 5, 6, 7, 8];
    const orders = Array.from({ length: 20 }, () => shuffled(all));
    for (const order of orders) {
      assert.deepEqual(
        order.toSorted((a, b) => a - b),
        all,
      );
    }
    assert.ok(new Set(orders.map(String)).size > 1);
  });

  it('lets no stray round count', () => {
    assert.equal(middleMean([7]), 7);
    assert.equal(middleMean([1, 2]), 1.5);
    assert.equal(middleMean([1000, 2, 1]), 2);
    assert.equal(middleMean([1000, 4, 3, 2, -1000]), 3);
    assert.equal(middleMean([1000, 900, 5, 3, 4, 4, 2, 1]), 4);
    assert.ok(Number.isNaN(middleMean([])));
  });
});

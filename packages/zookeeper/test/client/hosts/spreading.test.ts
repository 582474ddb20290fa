import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { reconnectDelayMs } from '../../../src/client/hosts/backoff.ts';
import { HostList } from '../../../src/client/hosts/host-list.ts';
import { shuffled } from '../../../src/client/hosts/shuffled.ts';

describe('spreading of load', () => {
  it('shuffles without losing anything, into every order', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), (items) => {
        assert.deepEqual([...shuffled(items, Math.random)].sort(), [...items].sort());
      }),
    );
    const orders = new Set(
      Array.from({ length: 500 }, () => shuffled([1, 2, 3], Math.random).join()),
    );
    assert.equal(orders.size, 6);
  });

  it('tries all hosts in turn', () => {
    const hosts = ['a', 'b', 'c'].map((host) => ({ host, port: 1 }));
    const list = new HostList(hosts, Math.random);
    const tried = Array.from({ length: 6 }, () => list.next().host);
    assert.deepEqual([...tried.slice(0, 3)].sort(), ['a', 'b', 'c']);
    assert.deepEqual(tried.slice(3), tried.slice(0, 3));
  });

  it('waits longer from round to round, at random, within bounds', () => {
    const longest = (attempt: number) => reconnectDelayMs(attempt, 2, () => 0.999999);
    assert.ok(longest(0) <= 10);
    assert.ok(longest(1) <= 50);
    assert.ok(longest(3) > 50 && longest(3) <= 100);
    assert.ok(longest(1000) > 1900 && longest(1000) <= 2000);
    assert.equal(
      reconnectDelayMs(5, 2, () => 0),
      0,
    );
  });
});

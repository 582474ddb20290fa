import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { P2cBalancer, RoundRobinBalancer, rendezvous, StaticResolver } from '../../src/index.ts';

const candidates = (loads: readonly number[], weights: readonly number[] = []) =>
  new StaticResolver(
    loads.map((_, i) => ({ host: 'h', port: i, id: String(i), weight: weights[i] ?? 100 })),
  )
    .resolve('S')
    .map((instance, i) => ({ instance, inFlight: loads[i] ?? 0 }));

const share = (pick: () => string, rounds: number): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (let i = 0; i < rounds; i++) {
    const id = pick();
    counts[id] = (counts[id] ?? 0) + 1 / rounds;
  }
  return counts;
};

describe('balancers', () => {
  test('P2C never takes the busiest of several, and takes all idle ones alike', () => {
    const balancer = new P2cBalancer();
    const busy = share(() => balancer.pick(candidates([9, 0, 0])).instance.id, 600);
    assert.equal(busy['0'], undefined);
    const idle = share(() => balancer.pick(candidates([0, 0, 0])).instance.id, 3000);
    for (const part of Object.values(idle)) assert.ok(part > 0.25 && part < 0.42, String(part));
  });

  test('P2C weighs load: twice the weight carries twice the calls', () => {
    const balancer = new P2cBalancer();
    const picked = share(() => balancer.pick(candidates([3, 5], [100, 200])).instance.id, 50);
    assert.deepEqual(Object.keys(picked), ['1']);
  });

  test('round robin takes one after the other, also when their number changes', () => {
    const balancer = new RoundRobinBalancer();
    const three = candidates([0, 0, 0]);
    const picks = [1, 2, 3, 4].map(() => balancer.pick(three).instance.id);
    assert.deepEqual(picks, ['0', '1', '2', '0']);
    assert.equal(balancer.pick(candidates([0])).instance.id, '0');
  });

  test('rendezvous: the order of ids does not matter, and only the keys of a lost id move', () => {
    const ids = fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 2, maxLength: 8 });
    fc.assert(
      fc.property(ids, fc.string(), (all, key) => {
        const owner = rendezvous(key, all);
        assert.equal(rendezvous(key, all.toReversed()), owner);
        for (const lost of all) {
          const left = all.filter((id) => id !== lost);
          if (lost !== owner) assert.equal(rendezvous(key, left), owner);
        }
      }),
    );
    assert.equal(rendezvous('key', []), undefined);
  });

  test('rendezvous spreads keys evenly over ids that look alike', () => {
    const ids = ['presence-1', 'presence-2', 'presence-3', 'presence-4'];
    let user = 0;
    const parts = share(() => rendezvous(`user${user++}`, ids) as string, 8000);
    for (const part of Object.values(parts)) assert.ok(part > 0.22 && part < 0.28, String(part));
  });
});

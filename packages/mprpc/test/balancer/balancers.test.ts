import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  P2cBalancer,
  RoundRobinBalancer,
  rendezvous,
  StaticResolver,
  slowStart,
  WeightedRandomBalancer,
  ZoneAwareBalancer,
} from '../../src/index.ts';
import { ManualClock } from '../support/manual-clock.ts';

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
    assert.ok((picked['1'] ?? 0) > 0.8);
  });

  test('idle instances share the calls by weight, with P2C and at random', () => {
    const list = candidates([0, 0], [100, 300]);
    for (const balancer of [new P2cBalancer(), new WeightedRandomBalancer()]) {
      const picked = share(() => balancer.pick(list).instance.id, 4000);
      assert.ok(Math.abs((picked['1'] ?? 0) - 0.75) < 0.05, String(picked['1']));
    }
  });

  test('slow start: a young instance begins with a tenth and has its full share after the window', () => {
    const clock = new ManualClock();
    const startedAt = clock.now();
    const list = new StaticResolver([
      { host: 'h', port: 1, id: 'old' },
      { host: 'h', port: 2, id: 'young', startedAt },
    ])
      .resolve('S')
      .map((instance) => ({ instance, inFlight: 0 }));
    const balancer = new P2cBalancer(Math.random, slowStart({ windowMs: 1000, clock }));
    const young = () => share(() => balancer.pick(list).instance.id, 4000).young ?? 0;
    assert.ok(Math.abs(young() - 0.1 / 1.1) < 0.03);
    clock.advance(500);
    assert.ok(Math.abs(young() - 0.5 / 1.5) < 0.04);
    clock.advance(500);
    assert.ok(Math.abs(young() - 0.5) < 0.05);
  });

  test('zone aware: stays at home, leaves when home is busy, and when nobody is at home', () => {
    const inZones = (zones: readonly string[], loads: readonly number[]) =>
      new StaticResolver(zones.map((zone, port) => ({ host: 'h', port, id: String(port), zone })))
        .resolve('S')
        .map((instance, i) => ({ instance, inFlight: loads[i] ?? 0 }));
    const balancer = new ZoneAwareBalancer({ zone: 'a', inner: new P2cBalancer() });
    const pick = (zones: readonly string[], loads: readonly number[]) =>
      Object.keys(share(() => balancer.pick(inZones(zones, loads)).instance.id, 60)).sort();
    assert.deepEqual(pick(['a', 'a', 'b', 'b'], [5, 5, 0, 0]), ['0', '1']);
    assert.deepEqual(pick(['a', 'b', 'b'], [20, 9, 9]), ['1', '2']);
    assert.deepEqual(pick(['a', 'b', 'b'], [20, 11, 11]), ['0']);
    assert.deepEqual(pick(['b', 'b'], [0, 0]), ['0', '1']);
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

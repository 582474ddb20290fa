import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GatewayCensus } from '../../src/gateways/gateway-census.ts';

function census() {
  const gone: string[] = [];
  const world = { now: 0, answers: true };
  const parts = {
    graceMs: 10_000,
    registryAnswers: () => world.answers,
    onGone: (id: string) => gone.push(id),
    now: () => world.now,
  };
  return { gone, world, census: new GatewayCensus(parts) };
}

test('a gateway that vanishes from the registry is gone at once', () => {
  const { gone, census: it } = census();
  it.registered(['g1', 'g2']);
  it.bound('g1');
  it.registered(['g2']);
  assert.deepEqual(gone, ['g1']);
});

test('a gateway that binds before the registry tells of it has the grace time', () => {
  const { gone, world, census: it } = census();
  it.registered([]);
  it.bound('g1');
  it.bound('g2');
  world.now = 9_000;
  it.bound('g2');
  it.registered(['g1']);
  world.now = 10_000;
  it.sweep();
  assert.deepEqual(gone, []);
  world.now = 10_001;
  it.sweep();
  it.sweep();
  assert.deepEqual(gone, ['g2']);
});

test('a gateway that comes back has the grace time anew', () => {
  const { gone, world, census: it } = census();
  it.registered(['g1']);
  it.registered([]);
  it.bound('g1');
  world.now = 5_000;
  it.registered(['g1']);
  world.now = 60_000;
  it.sweep();
  assert.deepEqual(gone, ['g1']);
});

test('while the registry does not answer, nobody is missing', () => {
  const { gone, world, census: it } = census();
  it.bound('g1');
  world.now = 60_000;
  it.sweep(); // Nothing was ever read.
  it.registered([]);
  world.answers = false;
  world.now = 120_000;
  it.sweep();
  world.answers = true;
  world.now = 129_000;
  it.sweep();
  assert.deepEqual(gone, []);
  world.now = 130_001;
  it.sweep();
  assert.deepEqual(gone, ['g1']);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitFor } from '@mpim/testkit';
import { ZooKeeperError } from '@mpim/zookeeper';
import { Reconciler } from '../src/reconciler.ts';

const middle = () => 0.5;

test('a poke during a run is answered by a run that began after it; many pokes by one', async () => {
  let runs = 0;
  let active = 0;
  const gate = Promise.withResolvers<void>();
  const reconciler = new Reconciler({
    async run() {
      assert.equal(++active, 1);
      runs += 1;
      await gate.promise;
      active -= 1;
    },
    onError: assert.fail,
    intervalMs: 60_000,
  });
  reconciler.poke();
  for (let i = 0; i < 5; i++) reconciler.poke();
  assert.equal(runs, 1);
  gate.resolve();
  await waitFor(() => runs === 2);
  await reconciler.close();
  assert.equal(runs, 2);
});

test('failures are repeated with growing, jittered pauses; success starts over', async () => {
  const pauses: (number | undefined)[] = [];
  let failing = 3;
  let runs = 0;
  const reconciler = new Reconciler({
    async run() {
      runs += 1;
      if (failing-- > 0) throw new Error('away');
    },
    onError: (_, retryMs) => pauses.push(retryMs),
    intervalMs: 60_000,
    random: middle,
  });
  reconciler.poke();
  await waitFor(() => runs === 4);
  await reconciler.close();
  assert.deepEqual(pauses, [75, 150, 300]);
});

test('when the client has ended it tries no more, unless it is poked', async () => {
  const pauses: (number | undefined)[] = [];
  let runs = 0;
  const reconciler = new Reconciler({
    async run() {
      runs += 1;
      throw new ZooKeeperError(runs === 1 ? 'CONNECTION_LOSS' : 'AUTH_FAILED', 'no more');
    },
    onError: (_, retryMs) => pauses.push(retryMs),
    intervalMs: 1,
    random: () => 0,
  });
  reconciler.poke();
  await waitFor(() => runs === 2);
  // Longer than any pause would be.
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.equal(runs, 2);
  reconciler.poke();
  await waitFor(() => runs === 3);
  await reconciler.close();
  assert.deepEqual(pauses, [50, undefined, undefined]);
});

test('it runs at its interval without being poked, and never after close', async () => {
  let runs = 0;
  const reconciler = new Reconciler({
    async run() {
      runs += 1;
    },
    onError: assert.fail,
    intervalMs: 5,
  });
  reconciler.poke();
  const seen = await waitFor(() => runs >= 3 && runs);
  await reconciler.close();
  reconciler.poke();
  assert.equal(runs, seen);
});

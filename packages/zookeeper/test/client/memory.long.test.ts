import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import { waitFor } from '@mpim/testkit';
import type { ZooKeeperClient } from '@mpim/zookeeper';
import { growthPerStep } from '../support/heap-growth.ts';
import { connect, stateOf } from './suite/server-under-test.ts';

/** More per operation is a leak; measurements of nothing growing differ by a tenth of it. */
const MOST_PER_OPERATION = 10;
const MOST_PER_RECONNECT = 200;

const PIECES = 25;
const OPERATIONS = 40_000;
const CLIENTS = 20;
const RECONNECTS = 400;

describe('the memory of a client', () => {
  let worker: Worker;
  let server: { connectString: string };
  before(async () => {
    worker = new Worker(new URL('../support/server-worker.ts', import.meta.url));
    const [connectString] = (await once(worker, 'message')) as [string];
    server = { connectString };
  });
  after(async () => {
    const exit = once(worker, 'exit');
    worker.postMessage('stop');
    await exit;
  });

  it('does not grow in a million operations, watches among them', async (t) => {
    await using zk = await connect(server, { measureOperations: true });
    await prepare(zk);
    const growth = await growthPerStep(PIECES, OPERATIONS, () => operate(zk, OPERATIONS));
    t.diagnostic(`${PIECES * OPERATIONS} operations: ${growth.toFixed(2)} bytes for each`);
    assert.ok(growth < MOST_PER_OPERATION, `each operation leaves ${growth} bytes behind`);
    await waitFor(() => zk.stats.inFlight === 0, { what: 'the last watches to be taken back' });
    const { watches, waiting, unansweredBytes } = zk.stats;
    assert.deepEqual([watches, waiting, unansweredBytes], [0, 0, 0]);
    await zk.deleteRecursive('/memory');
  });

  it('would be noticed to grow by 50 bytes for each operation', async (t) => {
    await using zk = await connect(server);
    await prepare(zk);
    const leaked: Uint8Array[] = [];
    const growth = await growthPerStep(PIECES, 4000, async () => {
      await operate(zk, 4000);
      leaked.push(new Uint8Array(50 * 4000));
    });
    t.diagnostic(`${growth.toFixed(2)} bytes for each`);
    assert.ok(growth > MOST_PER_OPERATION * 3, `a leak of 50 bytes looks like ${growth}`);
    await zk.deleteRecursive('/memory');
  });

  it('does not grow in ten thousand reconnects, with watches to arm anew', async (t) => {
    const clients = await Promise.all(Array.from({ length: CLIENTS }, () => connect(server)));
    const [first] = clients;
    assert.ok(first !== undefined);
    await first.create('/reconnects', null);
    const watches = await Promise.all(
      clients.flatMap((zk) => [zk.watch('/reconnects'), zk.watch('/', { recursive: true })]),
    );
    const oneShot = await Promise.all(clients.map((zk) => zk.childrenAndWatch('/reconnects')));
    const growth = await growthPerStep(PIECES, RECONNECTS, async () => {
      for (let left = RECONNECTS; left > 0; left -= CLIENTS) {
        const cut = clients.map((zk) => stateOf(zk, 'suspended'));
        worker.postMessage('drop');
        await Promise.all([once(worker, 'message'), ...cut]);
        await Promise.all(clients.map((zk) => zk.exists('/reconnects')));
      }
    });
    const reconnects = clients.reduce((sum, zk) => sum + zk.stats.connections - 1, 0);
    t.diagnostic(`${reconnects} reconnects: ${growth.toFixed(1)} bytes for each`);
    assert.ok(reconnects >= PIECES * RECONNECTS);
    assert.ok(growth < MOST_PER_RECONNECT, `each reconnect leaves ${growth} bytes behind`);
    for (const { watch } of oneShot) watch[Symbol.dispose]();
    await Promise.all(watches.map((watch) => watch.close()));
    for (const zk of clients) assert.equal(zk.stats.watches, 0);
    await first.delete('/reconnects');
    await Promise.all(clients.map((zk) => zk.close()));
  });
});

async function prepare(zk: ZooKeeperClient): Promise<void> {
  await zk.create('/memory', null);
  await zk.create('/memory/node', 'x'.repeat(100));
}

/** Ten calls at a time, of every kind that leaves something in tables of the client. */
async function operate(zk: ZooKeeperClient, count: number): Promise<void> {
  const node = '/memory/node';
  let failed: unknown;
  const note = (error: unknown) => {
    failed ??= error;
  };
  for (let made = 0; made < count; made += 10) {
    await zk.ready();
    const own = `/memory/own-${made}`;
    zk.get(node).catch(note);
    zk.set(node, 'y'.repeat(100)).catch(note);
    zk.create(own, 'z', { mode: 'ephemeral' }).catch(note);
    zk.exists(own, { signal: AbortSignal.any([]) }).catch(note);
    // Fires with the deletion below; the other one is dropped.
    zk.getAndWatch(own).then(({ watch }) => watch.event, note);
    zk.childrenAndWatch(node).then(({ watch }) => watch[Symbol.dispose](), note);
    zk.multi([{ type: 'check', path: own }]).catch(note);
    zk.delete(own, { timeoutMs: 60_000 }).catch(note);
    const watched = zk.watch(`/memory/watched-${made}`);
    watched.then((watch) => watch.close()).catch(note);
  }
  // Answers come in order, and what they set off is asked for before this.
  await zk.sync('/');
  await zk.sync('/');
  if (failed !== undefined) throw failed;
}

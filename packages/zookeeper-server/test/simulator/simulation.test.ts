import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ZooKeeperClient } from '@mpim/zookeeper';
import { Dice } from '../support/dice.ts';
import { runSeeds } from './run-seeds.ts';
import { simulate } from './simulate.ts';
import { SimulatedDisk } from './simulated-disk.ts';
import { SimulatedNetwork } from './simulated-network.ts';
import { SERVER_PORT, SimulatedServer } from './simulated-server.ts';
import { SimulatedProcess, VirtualTime } from './virtual-time.ts';

test('clients see nothing that was not promised, whatever happens', async (t) => {
  const { faults, seeds, ...sums } = await runSeeds(1, 100);
  t.diagnostic(`${seeds} seeds: ${JSON.stringify({ ...sums, ...Object.fromEntries(faults) })}`);
  if (seeds < 100) return;
  assert.ok(sums.answered > 100 * seeds, 'most calls must be answered');
  assert.ok(sums.watchEvents > seeds && sums.locks > seeds);
  assert.ok(faults.size >= 15, 'every kind of fault must occur');
});

test('the same seed gives the same history, another one another', async () => {
  const [one, again, other] = [await simulate(7), await simulate(7), await simulate(8)];
  assert.equal(one.fingerprint, again.fingerprint);
  assert.equal(one.virtualMs, again.virtualMs);
  assert.notEqual(one.fingerprint, other.fingerprint);
});

/** A world with a server and nobody in it yet. */
function emptyWorld(tickMs?: number) {
  const time = new VirtualTime();
  const dice = new Dice(1);
  const network = new SimulatedNetwork(time, dice);
  const disk = new SimulatedDisk(time, dice);
  const server = new SimulatedServer({ time, network, disk, dice }, tickMs);
  const connect = (name: string): ZooKeeperClient => {
    const process = new SimulatedProcess(time);
    return ZooKeeperClient.startConnecting({
      connectString: `127.0.0.1:${SERVER_PORT}`,
      clock: process.clock,
      random: () => dice.next(),
      transport: network.forClient(process, name, () => {}),
    });
  };
  return { time, disk, server, connect };
}

test('a day of idle sessions passes in no time, and none of them ends', async () => {
  const { time, server, connect } = emptyWorld(2000);
  const states: string[] = [];
  const day = async (): Promise<bigint[]> => {
    await server.start();
    const clients = [connect('a'), connect('b'), connect('c')];
    for (const [i, client] of clients.entries()) {
      client.on('state', ({ kind }) => states.push(kind));
      await client.create(`/c${i}`, null, { mode: 'ephemeral' });
    }
    await time.sleep(24 * 60 * 60 * 1000);
    const owners: bigint[] = [];
    for (const [i, client] of clients.entries()) {
      const stat = await client.exists(`/c${i}`);
      owners.push((stat?.ephemeralOwner ?? 0n) - client.sessionId);
      await client.close();
    }
    await server.stop();
    // The last packets arrive.
    await time.sleep(1000);
    return owners;
  };
  assert.deepEqual(await time.during(day(), Number.POSITIVE_INFINITY), [0n, 0n, 0n]);
  assert.deepEqual(
    states.filter((kind) => kind === 'suspended' || kind === 'expired'),
    [],
  );
  assert.equal(time.waiting, 0, 'nothing may be left that waits for its time');
});

test('what a killed server had only begun to write is safe before anybody is shown it', async () => {
  const { time, disk, server, connect } = emptyWorld();
  const seen = async (): Promise<unknown[]> => {
    await server.start();
    const client = connect('a');
    await client.create('/a', 'first');
    disk.delayMs = [60_000, 60_000];
    const late = client.set('/a', 'second').catch(() => {});
    await time.sleep(50);
    disk.delayMs = [0.1, 1];
    await server.crash('killed', 0);
    await late;
    const before = await client.get('/a');
    await server.crash('power failure', 0);
    const other = connect('b');
    const after = await other.exists('/a');
    await Promise.all([client.close(), other.close()]);
    await server.stop();
    return [before.stat.version, after?.version];
  };
  assert.deepEqual(await time.during(seen(), 50_000), [1, 1]);
});

test('a server whose clock went back gives out no session id again, in the same process or the next', async () => {
  for (const how of ['restart', 'kill', 'power failure'] as const) {
    const { time, server, connect } = emptyWorld();
    const ids = async (): Promise<bigint[]> => {
      await server.start();
      const first = connect('a');
      await first.create('/a', null);
      const gone = connect('b');
      await gone.exists('/a');
      const { sessionId } = gone;
      await gone.close();
      // Until a snapshot knows no more of it, and the log that does is gone.
      for (let i = 0; i < 300; i++) await first.set('/a', String(i));
      server.jumpClock(-100_000);
      if (how === 'restart') await server.restart();
      else await server.crash(how === 'kill' ? 'killed' : how, 0);
      const next = connect('c');
      await next.exists('/a');
      const later = next.sessionId;
      await Promise.all([first.close(), next.close()]);
      await server.stop();
      return [sessionId, later];
    };
    const [gone = 0n, later = 0n] = await time.during(ids(), 50_000);
    assert.ok(later > gone, `${how}: ${later} came after ${gone}`);
  }
});

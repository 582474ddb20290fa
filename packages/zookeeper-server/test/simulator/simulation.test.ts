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
  assert.equal(faults.size, 26, 'every kind of fault must occur');
  assert.ok(sums.inlineWrites > 50 * seeds && sums.otherWrites > 50 * seeds, 'both ways to write');
  assert.ok(sums.refused > seeds / 4 && sums.harmless > seeds / 4, 'damage must matter, and not');
});

test('the same seed gives the same history, another one another', async () => {
  const [one, again, other] = [await simulate(7), await simulate(7), await simulate(8)];
  assert.equal(one.fingerprint, again.fingerprint);
  assert.equal(one.virtualMs, again.virtualMs);
  assert.notEqual(one.fingerprint, other.fingerprint);
});

/** A world with a server and nobody in it yet. */
function emptyWorld(tickMs?: number, seed = 1) {
  const time = new VirtualTime();
  const dice = new Dice(seed);
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

/**
 * Kills a server within a write of eight changes to one node, and then takes the power from the next one: the version that
 * this one shows, and the one that is left.
 */
async function shownAndLeft(
  seed: number,
  hurt: (disk: SimulatedDisk) => void,
): Promise<readonly [shown: number, left: number]> {
  const { time, disk, server, connect } = emptyWorld(undefined, seed);
  const seen = async (): Promise<readonly [number, number]> => {
    await server.start();
    const first = connect('a');
    await first.create('/a', '0');
    hurt(disk);
    const sets = Array.from({ length: 8 }, () => first.set('/a', '1').catch(() => {}));
    await time.sleep(9);
    disk.failing.clear();
    disk.delayMs = [0.1, 1];
    await server.crash('killed', 0);
    await Promise.all(sets);
    const shown = await first.get('/a');
    await server.crash('power failure', 0);
    const second = connect('b');
    const left = await second.get('/a');
    await Promise.all([first.close(), second.close()]);
    await server.stop();
    return [shown.stat.version, left.stat.version];
  };
  return await time.during(seen(), 50_000);
}

test('what was only begun to be written when a server died is safe before anybody is shown it', async () => {
  const ways = {
    'the disk takes long': (disk: SimulatedDisk) => {
      disk.delayMs = [60_000, 60_000];
    },
    'the write has failed, and the server has not heard of it yet': (disk: SimulatedDisk) => {
      disk.delayMs = [8, 8];
      disk.failing.set('write', 100);
    },
  };
  for (const [way, hurt] of Object.entries(ways)) {
    let found = 0;
    for (let seed = 1; seed <= 20; seed++) {
      const [shown, left] = await shownAndLeft(seed, hurt);
      assert.ok(left >= shown, `${way}, seed ${seed}: version ${left} after ${shown}`);
      if (shown > 0) found++;
    }
    assert.ok(found > 2, `${way}: the next server must have found something of it`);
  }
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

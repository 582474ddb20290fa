import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FaultProxy, waitFor } from '@mpim/testkit';
import {
  HealthDefinition,
  HealthService,
  MemoryTransport,
  RoundRobinBalancer,
  RpcError,
  type Transport,
  tcpTransport,
} from '../../src/index.ts';
import { leaveNothingOpen } from '../support/leak-check.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { spawnProvider } from '../support/spawn-provider.ts';
import { connect, startProvider } from '../support/test-service.ts';

/** A transport that counts the connections to each port. */
function counting(inner: Transport): Transport & { connects(port: number): number } {
  const counts = new Map<number, number>();
  return {
    connect(address) {
      counts.set(address.port, (counts.get(address.port) ?? 0) + 1);
      return inner.connect(address);
    },
    listen: (address, onSocket) => inner.listen(address, onSocket),
    connects: (port) => counts.get(port) ?? 0,
  };
}

/** Calls one after the other until the condition holds; every one of them has to succeed. */
async function callUntil(
  call: () => Promise<{ text: string }>,
  holds: (text: string) => boolean,
): Promise<void> {
  await waitFor(async () => holds((await call()).text), { timeoutMs: 20_000 });
}

const options = {
  connectTimeoutMs: 300,
  backoff: { baseMs: 20, maxMs: 100, multiplier: 2, jitter: 0.2 },
  defaultDeadlineMs: 10_000,
};

describe('an address that cannot be reached is looked at in the background', () => {
  leaveNothingOpen();

  test('a stopped process costs one connection of a call, and is called again when it goes on', async () => {
    const transport = counting(tcpTransport);
    await using bad = await spawnProvider();
    await using good = await spawnProvider();
    bad.kill('SIGSTOP');
    await using peer = connect([bad.port, good.port], {
      ...options,
      transport,
      balancer: new RoundRobinBalancer(),
    });
    const call = () => peer.client.change({ text: 'x' });
    const { channel } = peer;
    await callUntil(call, () => channel.stats.probes >= 3);
    assert.equal(channel.stats.addresses[0]?.unreachable, true);
    // One for the call that found out, the others for nobody.
    assert.equal(transport.connects(bad.port), 1 + channel.stats.probes);
    assert.equal(transport.connects(good.port), 1);
    bad.kill('SIGCONT');
    await callUntil(call, (pid) => pid === String(bad.pid));
    assert.equal(channel.stats.addresses[0]?.unreachable, false);
    assert.equal(transport.connects(bad.port), 1 + channel.stats.probes);
  });

  test('a process that is killed and started again gets calls again, and none fails meanwhile', async () => {
    const transport = counting(tcpTransport);
    await using good = await spawnProvider();
    await using killed = await spawnProvider();
    const { port, pid } = killed;
    await using peer = connect([port, good.port], {
      ...options,
      transport,
      balancer: new RoundRobinBalancer(),
    });
    const call = () => peer.client.change({ text: 'x' });
    await callUntil(call, (text) => text === String(pid));
    killed.kill('SIGKILL');
    await waitFor(() => peer.channel.stats.addresses[0]?.unreachable === true);
    await callUntil(call, () => peer.channel.stats.probes >= 3);
    await using back = await spawnProvider(port);
    await callUntil(call, (text) => text === String(back.pid));
    assert.equal(transport.connects(port), 1 + peer.channel.stats.probes);
    assert.equal(peer.channel.stats.ejections, 0);
  });

  test('so is one behind which everything vanishes', async () => {
    const transport = counting(tcpTransport);
    await using bad = await startProvider({ change: () => ({ text: 'bad' }) });
    await using good = await startProvider({ change: () => ({ text: 'good' }) });
    await using proxy = await FaultProxy.start(bad.port);
    proxy.blackhole();
    await using peer = connect([proxy.port, good.port], {
      ...options,
      transport,
      balancer: new RoundRobinBalancer(),
    });
    const call = () => peer.client.change({ text: 'x' });
    await callUntil(call, () => peer.channel.stats.probes >= 2);
    assert.equal(transport.connects(proxy.port), 1 + peer.channel.stats.probes);
    proxy.heal();
    await callUntil(call, (text) => text === 'bad');
  });
});

describe('without calls nothing is done', () => {
  leaveNothingOpen();

  test('one look after the last call, and none afterwards; closing leaves nothing', async () => {
    const clock = new ManualClock();
    const transport = counting(new MemoryTransport());
    await using good = await startProvider({}, { transport });
    await using peer = connect([1, good.port], {
      transport,
      clock,
      balancer: { pick: ([first]) => first as never },
      keepaliveMs: 1e9,
      stallProbeMs: 1e9,
    });
    await peer.client.change({ text: 'x' });
    assert.equal(transport.connects(1), 1);
    for (let minute = 1; minute <= 3; minute++) {
      clock.advance(60_000);
      await waitFor(() => peer.channel.stats.addresses[0]?.connection === 'none');
      assert.equal(transport.connects(1), 2);
    }
    // What remains looks after the connection to the other one.
    assert.equal(clock.timers, 2);
    // A call brings the next look, which comes later than the first did.
    await peer.client.change({ text: 'x' });
    clock.advance(100);
    assert.equal(transport.connects(1), 2);
    clock.advance(100);
    assert.equal(transport.connects(1), 3);
    await peer.client.change({ text: 'x' });
    await peer.channel.close();
    clock.advance(60_000);
    assert.equal(transport.connects(1), 3);
  });
});

describe('an ejected address comes back when it says that it does well', () => {
  leaveNothingOpen();

  /** One that fails and one that does not; time passes when told. */
  async function system(health: HealthService | undefined) {
    const clock = new ManualClock();
    const transport = new MemoryTransport();
    let fails = true;
    const bad = await startProvider(
      {
        change: () => {
          if (fails) throw new RpcError('INTERNAL', 'sick');
          return { text: 'bad' };
        },
      },
      { transport },
      (provider) => {
        if (health !== undefined) provider.notifyService(HealthDefinition, health.handlers);
      },
    );
    const good = await startProvider({ change: () => ({ text: 'good' }) }, { transport });
    const peer = connect([bad.port, good.port], {
      transport,
      clock,
      balancer: new RoundRobinBalancer(),
      keepaliveMs: 1e9,
      stallProbeMs: 1e9,
      outliers: { consecutiveFailures: 1, baseEjectionMs: 1000, sweepMs: 1000 },
    });
    await waitFor(async () => {
      await peer.client.change({}).catch(() => {});
      return peer.channel.stats.ejections === 1;
    });
    fails = false;
    const { client, channel } = peer;
    return {
      channel,
      clock,
      call: async () => (await client.change({})).text,
      isEjected: () => channel.stats.addresses[0]?.ejected,
      async [Symbol.asyncDispose]() {
        await channel.close();
        await bad.close();
        await good.close();
      },
    };
  }

  test('while it is NOT_SERVING it stays out, at the cost of no call', async () => {
    const health = new HealthService();
    health.set('', 'NOT_SERVING');
    await using it = await system(health);
    for (let round = 1; round <= 3; round++) {
      assert.equal(await it.call(), 'good');
      assert.equal(await it.call(), 'good');
      it.clock.advance(1000);
      await waitFor(() => it.channel.stats.probes === round && it.channel.stats.inFlight === 0);
      // The answer is under way for a turn or two.
      for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
      assert.equal(it.isEjected(), true, `round ${round}`);
    }
    health.set('', 'SERVING');
    assert.equal(await it.call(), 'good');
    it.clock.advance(1000);
    await waitFor(() => it.isEjected() === false);
    const answers = new Set([await it.call(), await it.call()]);
    assert.deepEqual(answers, new Set(['good', 'bad']));
    assert.equal(it.channel.stats.ejections, 1);
  });

  test('one without a health service comes back when its time is over', async () => {
    await using it = await system(undefined);
    assert.equal(await it.call(), 'good');
    it.clock.advance(1000);
    await waitFor(() => it.isEjected() === false);
    assert.equal(it.channel.stats.probes, 1);
  });

  test('nobody is asked when nobody has called since', async () => {
    const health = new HealthService();
    let asked = 0;
    health.set('', () => {
      asked++;
      return 'SERVING';
    });
    await using it = await system(health);
    it.clock.advance(1000);
    await waitFor(() => it.isEjected() === false);
    assert.deepEqual([asked, it.channel.stats.probes], [0, 0]);
  });
});

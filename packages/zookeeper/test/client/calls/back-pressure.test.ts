import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:net';
import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { ZooKeeperClient } from '@mpim/zookeeper';
import { ZooKeeperServer } from '@mpim/zookeeper-server';
import { connect, stateOf } from '../suite/server-under-test.ts';

describe('back-pressure', () => {
  it('lets go on at once below the mark, and above it when half is answered', async () => {
    await using server = await ZooKeeperServer.start();
    await using zk = await connect(server, { highWaterMark: { calls: 100 } });
    await zk.ready();
    let most = 0;
    const calls: Promise<unknown>[] = [];
    for (let i = 0; i < 2000; i++) {
      await zk.ready();
      calls.push(zk.exists('/'));
      most = Math.max(most, zk.stats.inFlight);
    }
    await Promise.all(calls);
    assert.equal(most, 100);

    server.pause();
    const under = Array.from({ length: 150 }, () => zk.exists('/'));
    let isReady = false;
    const ready = zk.ready().then(() => {
      isReady = true;
      return zk.stats.inFlight;
    });
    await turn();
    assert.equal(isReady, false);
    server.resume();
    assert.ok((await ready) < 50);
    await Promise.all(under);
  });

  it('counts the bytes of requests as well', async () => {
    await using server = await ZooKeeperServer.start();
    await using zk = await connect(server, { highWaterMark: { bytes: 100_000 } });
    await zk.create('/a', null);
    server.pause();
    const large = zk.set('/a', Buffer.alloc(120_000));
    const ready = zk.ready();
    const controller = new AbortController();
    const givenUp = zk.ready({ signal: controller.signal });
    controller.abort(new Error('no more'));
    await assert.rejects(givenUp, { message: 'no more' });
    server.resume();
    await Promise.all([large, ready]);
    assert.equal(zk.stats.unansweredBytes, 0);
    for (const highWaterMark of [{ calls: 0 }, { bytes: Number.NaN }]) {
      await assert.rejects(connect(server, { highWaterMark }), { code: 'BAD_ARGUMENTS' });
    }
  });

  it('ends with the connection: calls that no server takes fail, and who waits goes on', async () => {
    await using server = await ZooKeeperServer.start({ tickTimeMs: 50 });
    const options = { highWaterMark: { calls: 10 }, sessionTimeoutMs: 300 };
    await using zk = await connect(server, options);
    await zk.create('/a', null);
    server.pause();
    // More than the kernel takes for a reader that does not read.
    const data = Buffer.alloc(1_000_000);
    const stuck = Array.from({ length: 60 }, () => zk.set('/a', data));
    const ready = zk.ready();
    const outcomes = await Promise.allSettled(stuck);
    for (const outcome of outcomes) {
      assert.ok(outcome.status === 'rejected');
      assert.equal(outcome.reason.code, 'CONNECTION_LOSS');
    }
    await ready;
    assert.equal(zk.stats.unansweredBytes, 0);
    server.resume();
  });

  it('keeps no calls that were given up while there was no server', async () => {
    const closed = await unusedPort();
    await using zk = ZooKeeperClient.startConnecting({ connectString: `127.0.0.1:${closed}` });
    const kept = zk.exists('/kept');
    const lost = assert.rejects(kept, { code: 'CLOSED' });
    const givenUp: Promise<unknown>[] = [];
    for (let i = 0; i < 5000; i++) {
      const each = new AbortController();
      const call = zk.exists('/', { signal: each.signal });
      givenUp.push(call.catch(() => {}));
      each.abort();
    }
    await Promise.all(givenUp);
    assert.ok(zk.stats.waiting <= 2048, `${zk.stats.waiting} are kept`);
    await zk.close();
    await lost;
    assert.equal(zk.stats.unansweredBytes, 0);
  });

  it('counts calls that wait for a connection once, and they go out in order', async () => {
    await using server = await ZooKeeperServer.start();
    await using zk = await connect(server, { highWaterMark: { calls: 3 } });
    await zk.create('/a', null);
    server.dropConnections();
    await stateOf(zk, 'suspended');
    const sets = Array.from({ length: 5 }, (_, i) => zk.set('/a', String(i)));
    assert.equal(zk.stats.waiting, 5);
    await zk.ready();
    const stats = await Promise.all(sets);
    assert.deepEqual(
      stats.map(({ version }) => version),
      [1, 2, 3, 4, 5],
    );
    assert.equal(zk.stats.unansweredBytes, 0);
  });
});

/** A port that nobody listens on. */
async function unusedPort(): Promise<number> {
  const server: Server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  assert.ok(address !== null && typeof address === 'object');
  return address.port;
}

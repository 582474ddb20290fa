import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { waitFor } from '@mpim/testkit';
import { LATENCY_BOUNDS_MS } from '@mpim/zookeeper';
import { ZooKeeperServer } from '@mpim/zookeeper-server';
import { connect, stateOf } from './suite/server-under-test.ts';

describe('stats', () => {
  it('count connections, sessions, bytes, watches and what is unanswered', async () => {
    await using server = await ZooKeeperServer.start();
    await using zk = await connect(server);
    const before = zk.stats;
    assert.equal(before.connections, 1);
    assert.equal(before.sessions, 1);
    assert.deepEqual(before.operations, {});

    await zk.create('/a', 'x'.repeat(1000));
    await zk.get('/a');
    const { watch } = await zk.getAndWatch('/a');
    const persistent = await zk.watch('/a');
    const after = zk.stats;
    assert.ok(after.bytesSent > before.bytesSent + 1000);
    assert.ok(after.bytesReceived > before.bytesReceived + 2000);
    assert.equal(after.watches, 2);
    assert.deepEqual([after.inFlight, after.waiting, after.unansweredBytes], [0, 0, 0]);
    watch[Symbol.dispose]();
    await persistent.close();
    assert.equal(zk.stats.watches, 0);

    server.pause();
    const calls = [zk.get('/a'), zk.below('/a').get('/')];
    assert.equal(zk.stats.inFlight, 2);
    assert.ok(zk.stats.unansweredBytes > 0);
    server.resume();
    await Promise.all(calls);

    server.dropConnections();
    await stateOf(zk, 'suspended');
    const waiting = zk.exists('/a');
    assert.deepEqual([zk.stats.inFlight, zk.stats.waiting], [0, 1]);
    await waiting;
    const { connections, sessions, unansweredBytes } = zk.stats;
    assert.deepEqual([connections, sessions, unansweredBytes], [2, 1, 0]);
  });

  it('count and time each operation when they are asked to, those of views too', async () => {
    await using server = await ZooKeeperServer.start();
    await using zk = await connect(server, { measureOperations: true });
    await zk.create('/a', null);
    await assert.rejects(zk.create('/a', null), { code: 'NODE_EXISTS' });
    await zk.below('/a').get('/');
    const { signal, abort } = abortion();
    server.pause();
    const given = zk.get('/a', { signal });
    abort();
    await assert.rejects(given);
    server.resume();
    await waitFor(() => zk.stats.operations.get?.calls === 2);

    const { create, get } = zk.stats.operations;
    assert.equal(create?.calls, 2);
    assert.deepEqual(create.errors, { NODE_EXISTS: 1 });
    assert.deepEqual(get?.errors, { ABORTED: 1 });
    assert.ok(create.sumMs > 0);
    assert.equal(create.buckets.length, LATENCY_BOUNDS_MS.length + 1);
    assert.equal(
      create.buckets.reduce((sum, calls) => sum + calls),
      2,
    );
  });
});

function abortion(): { signal: AbortSignal; abort: () => void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}

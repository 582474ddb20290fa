import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import { waitFor } from '@mpim/testkit';
import type { NodeData } from '@mpim/zookeeper';
import { ZooKeeperServer } from '@mpim/zookeeper-server';
import { connect, TICK_MS } from './suite/server-under-test.ts';

const WORKERS = 3;
const INCREMENTS = 50;

describe('clients in worker threads', () => {
  it('work side by side, hand their results over, and go with their threads', async () => {
    await using server = await ZooKeeperServer.start({ tickTimeMs: TICK_MS });
    await using zk = await connect(server);
    await zk.create('/counter', '0');
    await zk.create('/go', null);
    const workers = Array.from({ length: WORKERS }, (_, at) => {
      const workerData = {
        connectString: server.connectString,
        name: `worker-${at}`,
        increments: INCREMENTS,
      };
      return new Worker(new URL('../support/client-worker.ts', import.meta.url), { workerData });
    });
    const ready = await Promise.all(workers.map((worker) => once(worker, 'message')));
    const sessions = new Set(ready.map(([message]) => message.session));
    assert.equal(sessions.size, WORKERS);
    assert.ok(!sessions.has(zk.sessionId));

    const results = workers.map((worker) => once(worker, 'message') as Promise<[NodeData]>);
    await zk.set('/go', 'now');
    for (const [{ data, stat }] of await Promise.all(results)) {
      // Structured clones: a Buffer arrives as the Uint8Array that it is.
      assert.equal(Number(Buffer.from(data ?? '').toString()), stat.version);
      assert.equal(typeof stat.mzxid, 'bigint');
    }
    const total = (await zk.get('/counter')).data?.toString();
    assert.equal(total, String(WORKERS * INCREMENTS));

    // One is killed: its session expires as that of a process that died. The others close theirs.
    const [killed, ...others] = workers;
    await killed?.terminate();
    const exits = others.map((worker) => once(worker, 'exit'));
    for (const worker of others) worker.postMessage('end');
    for (const [code] of await Promise.all(exits)) assert.equal(code, 0);
    assert.deepEqual(
      (await zk.children('/')).children.filter((name) => name.startsWith('worker-')),
      ['worker-0'],
    );
    await waitFor(async () => (await zk.exists('/worker-0')) === null, {
      what: "the killed worker's ephemeral to go",
    });
  });
});

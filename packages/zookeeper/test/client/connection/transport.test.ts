import assert from 'node:assert/strict';
import type { LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { describe, it } from 'node:test';
import { ZooKeeperServer } from '@mpim/zookeeper-server';
import { tcpTransport } from '../../../src/client/connection/transport.ts';
import { connect, stateOf } from '../suite/server-under-test.ts';

/** A name service whose answers change; the last one stays. */
function nameService(...answers: string[][]) {
  const asked: string[] = [];
  const resolve: LookupFunction = (name, _options, callback) => {
    asked.push(name);
    const addresses = (answers.length > 1 ? answers.shift() : answers[0]) ?? [];
    const found: LookupAddress[] = addresses.map((address) => ({ address, family: 4 }));
    process.nextTick(() => callback(null, found));
  };
  return { asked, transport: tcpTransport(Math.random, resolve) };
}

describe('names of servers', () => {
  it('are asked for anew at each attempt', async () => {
    await using server = await ZooKeeperServer.start();
    // Nobody listens on that port of the first address; then the name moves to where the server is.
    const { asked, transport } = nameService(['127.0.0.2'], ['127.0.0.2'], ['127.0.0.1']);
    const connectString = `zk.test:${server.port}`;
    await using zk = await connect({ connectString }, { transport });
    assert.deepEqual(asked, ['zk.test', 'zk.test', 'zk.test']);
    server.dropConnections();
    await stateOf(zk, 'suspended');
    await stateOf(zk, 'connected');
    assert.equal(asked.length, 4);
  });

  it('lead to all their addresses in one attempt', async () => {
    await using server = await ZooKeeperServer.start();
    const dead = ['127.0.0.2', '127.0.0.3', '127.0.0.4'];
    const { asked, transport } = nameService([...dead, '127.0.0.1']);
    const connectString = `zk.test:${server.port}`;
    for (let round = 0; round < 3; round++) {
      await using _zk = await connect({ connectString }, { transport });
    }
    assert.equal(asked.length, 3);
  });
});

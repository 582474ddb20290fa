import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { waitFor } from '@mpim/testkit';
import { ZooKeeperServer } from '@mpim/zookeeper-server';
import { isCollected } from '../support/heap-growth.ts';
import { connect, stateOf } from './suite/server-under-test.ts';

describe('after many connections', () => {
  it('no socket and no timer is left', async () => {
    const open = () => {
      const kinds = new Set(['TCPSocketWrap', 'TCPServerWrap', 'Timeout']);
      return process.getActiveResourcesInfo().filter((kind) => kinds.has(kind));
    };
    const before = open();
    const server = await ZooKeeperServer.start();
    for (let round = 0; round < 5; round++) {
      const zk = await connect(server);
      server.dropConnections();
      await stateOf(zk, 'suspended');
      await zk.exists('/');
      if (round % 2 === 0) server.dropConnections();
      await zk.close();
    }
    await server.stop();
    // What waits for this very check is a timer, too.
    await waitFor(() => open().length <= before.length + 1, { what: `${open()} to go` });
  });
});

it('a client keeps no view but those that somebody listens to', async () => {
  await using server = await ZooKeeperServer.start();
  await using zk = await connect(server);
  const used = async () => {
    const view = zk.below('/a');
    await view.ensurePath('/b');
    return new WeakRef(view);
  };
  const heard: string[] = [];
  const listenedTo = () => {
    zk.below('/a').on('state', ({ kind }) => heard.push(kind));
    const closed = zk.below('/a');
    void closed.close();
    closed.on('state', () => assert.fail('it is closed'));
  };
  const reference = await used();
  listenedTo();
  assert.ok(await isCollected(reference));
  await zk.close();
  assert.deepEqual(heard, ['closed']);
});

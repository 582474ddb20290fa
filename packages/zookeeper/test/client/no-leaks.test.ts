import { describe, it } from 'node:test';
import { waitFor } from '@mpim/testkit';
import { ZooKeeperServer } from '@mpim/zookeeper-server';
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

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { freePort } from '@mpim/testkit';
import { ZooKeeperServer } from '@mpim/zookeeper-server';
import { ZooKeeperClient, ZooKeeperError } from '../../src/index.ts';

test('a client that does not wait is there at once, and its calls wait for a server that comes later', async () => {
  const port = await freePort();
  await using zk = ZooKeeperClient.startConnecting({ connectString: `127.0.0.1:${port}` });
  assert.equal(zk.state.kind, 'connecting');
  const session = once(zk, 'session');
  const created = zk.create('/early', 'bird');
  await using _server = await ZooKeeperServer.start({ port });
  assert.equal((await created).path, '/early');
  assert.deepEqual(await session, [{ id: zk.sessionId, renewed: false }]);
});

test('closed before any server came, it lets go of its calls', async () => {
  const port = await freePort();
  const zk = ZooKeeperClient.startConnecting({ connectString: `127.0.0.1:${port}` });
  const created = zk.create('/never', null);
  await zk.close();
  await assert.rejects(
    created,
    (error) => error instanceof ZooKeeperError && error.code === 'CLOSED',
  );
});

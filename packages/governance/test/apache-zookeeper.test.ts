import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApacheZooKeeper, missingDebianPackage, waitFor } from '@mpim/testkit';
import { ZooKeeperClient } from '@mpim/zookeeper';
import { ConfigCentre, ServiceDiscovery, ServiceMonitor, ServiceRegistry } from '../src/index.ts';
import { instanceRecord } from './support/instance-record.ts';

// The same rooms against ZooKeeper itself: what the embedded server promises must hold there, too.
const missing = await missingDebianPackage('zookeeper');

test('with Apache ZooKeeper', { skip: missing ?? false }, async (t) => {
  await using server = await ApacheZooKeeper.start();
  const connect = () =>
    ZooKeeperClient.connect({
      connectString: server.connectString,
      sessionTimeoutMs: 4_000,
      renewExpiredSession: true,
    });

  await t.test('R1, R9: a session that expires is followed by the same registration', async () => {
    await using zk = await connect();
    await using watcher = await connect();
    await using discovery = new ServiceDiscovery(watcher, { sessionLossGraceMs: 100 });
    await using registration = await new ServiceRegistry(zk).register(instanceRecord('user-1'));
    const [first] = await discovery.resolve('UserServiceRpc', 'Login');
    assert.equal(first?.id, 'user-1');
    const session = zk.sessionId;
    await expire(server, zk);
    await waitFor(() => zk.sessionId !== session && registration.state === 'registered');
    const { stat } = await watcher.get('/services/UserServiceRpc/user-1');
    assert.equal(stat.ephemeralOwner, zk.sessionId);
    const seed = await watcher.get('/UserServiceRpc/Login');
    assert.equal(seed.stat.ephemeralOwner, zk.sessionId);
    assert.equal(String(seed.data), '127.0.0.1:7001');
    const found = await discovery.resolve('UserServiceRpc', 'Login');
    assert.deepEqual(
      found.map(({ id }) => id),
      ['user-1'],
    );
  });
});

/** Ends a session from the outside: taken up by another connection and closed there. */
async function expire(server: ApacheZooKeeper, zk: ZooKeeperClient): Promise<void> {
  const twin = await ZooKeeperClient.connect({
    connectString: server.connectString,
    session: zk.sessionCredentials,
  });
  await twin.close();
}

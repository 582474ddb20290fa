import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApacheZooKeeper, missingDebianPackage, waitFor } from '@mpim/testkit';
import { ZooKeeperClient } from '@mpim/zookeeper';
import { ConfigCentre, ServiceDiscovery, ServiceMonitor, ServiceRegistry } from '../src/index.ts';
import { look } from './support/embedded.ts';
import { instanceRecord } from './support/instance-record.ts';

// The same rooms against ZooKeeper itself: what holds with the embedded server must hold there, too.
const missing = await missingDebianPackage('zookeeper');

test('with Apache ZooKeeper', { skip: missing ?? false }, async (t) => {
  await using server = await ApacheZooKeeper.start();
  const connect = () =>
    ZooKeeperClient.connect({
      connectString: server.connectString,
      sessionTimeoutMs: 4_000,
      renewExpiredSession: true,
    });

  await t.test('R1, R9: an expired session is followed by the same registration', async () => {
    await using zk = await connect();
    await using watcher = await connect();
    await using discovery = new ServiceDiscovery(watcher);
    await using registration = await new ServiceRegistry(zk).register(instanceRecord('user-1'));
    const before = await look(watcher, '/services/UserServiceRpc/user-1');
    assert.equal((await look(watcher, '/UserServiceRpc/Login'))?.czxid, before?.czxid);
    await discovery.ready('UserServiceRpc');
    const session = zk.sessionId;
    await expire(server, zk);
    await waitFor(() => zk.sessionId !== session && registration.state === 'registered');
    for (const path of ['/services/UserServiceRpc/user-1', '/UserServiceRpc/Login']) {
      assert.equal((await look(watcher, path))?.owner, zk.sessionId, path);
    }
    const ids = async () =>
      (await discovery.resolve('UserServiceRpc', 'Login')).map(({ id }) => id).join();
    await waitFor(async () => (await ids()) === 'user-1');
  });

  await t.test('R5: replaced nodes are read again, vanished ones believed', async () => {
    await using zk = await connect();
    await using watcher = await connect();
    const registry = new ServiceRegistry(zk);
    const record = instanceRecord('group-1', { service: 'GroupServiceRpc' });
    const first = await registry.register(record);
    await using discovery = new ServiceDiscovery(watcher, { coalesceMs: 500 });
    await discovery.ready('GroupServiceRpc');
    await first.deregister();
    const second = await registry.register({ ...record, port: 7777 });
    await waitFor(() => discovery.status()[0]?.instances[0]?.port === 7777);
    await second.deregister();
    await waitFor(() => discovery.status()[0]?.instances.length === 0);
    await assert.rejects(async () => discovery.resolve('GroupServiceRpc', 'Login'), {
      message: '/GroupServiceRpc/Login is not exist!',
    });
  });

  await t.test('seed nodes are taken over', async () => {
    await using one = await connect();
    await using two = await connect();
    const path = '/SeedServiceRpc/Login';
    const record = instanceRecord('seed-1', { service: 'SeedServiceRpc' });
    const first = await new ServiceRegistry(one).register(record);
    await using _second = await new ServiceRegistry(two).register({
      ...record,
      id: 'seed-2',
      port: 7002,
    });
    assert.equal((await look(two, path))?.text, '127.0.0.1:7001');
    await first.deregister();
    await waitFor(async () => (await look(two, path))?.text === '127.0.0.1:7002');
  });

  await t.test('configuration is versioned, guarded and watched', async () => {
    await using zk = await connect();
    const config = new ConfigCentre(zk);
    const { version } = await config.set('UserServiceRpc', { port: 6000 });
    const seen: unknown[] = [];
    for await (const document of config.watch('UserServiceRpc')) {
      seen.push(document?.value);
      if (seen.length === 2) break;
      await config.set('UserServiceRpc', { port: 6001 }, { expectedVersion: version });
    }
    assert.deepEqual(seen, [{ port: 6000 }, { port: 6001 }]);
    await assert.rejects(config.set('UserServiceRpc', {}, { expectedVersion: version }), {
      code: 'VERSION_CONFLICT',
      actualVersion: version + 1,
    });
  });

  await t.test('services are monitored', async () => {
    await using zk = await connect();
    await using monitor = new ServiceMonitor(zk);
    await monitor.ready();
    await using _registration = await new ServiceRegistry(zk).register(
      instanceRecord('late-1', { service: 'LateServiceRpc' }),
    );
    await waitFor(() => monitor.services.includes('LateServiceRpc'));
    await waitFor(() => monitor.instances('LateServiceRpc').length === 1);
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

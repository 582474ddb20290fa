import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { RpcError } from '@mpim/mprpc';
import { FaultProxy, freePort, temporaryFolder, waitFor } from '@mpim/testkit';
import { ZooKeeperClient } from '@mpim/zookeeper';
import { ServiceDiscovery, ServiceRegistry } from '../../src/index.ts';
import { idsOf, known, noProvider, SERVICE } from '../support/discovered.ts';
import { connect, startServer } from '../support/embedded.ts';
import { instanceRecord } from '../support/instance-record.ts';

test('the first questions share one read; later ones need no promise', async () => {
  await using server = await startServer();
  await using zk = await connect(server);
  await using _registration = await new ServiceRegistry(zk).register(instanceRecord('user-1'));
  await using discovery = new ServiceDiscovery(zk);
  const [one, two] = await Promise.all([
    discovery.resolve(SERVICE, 'Login'),
    discovery.resolve(SERVICE, 'Login'),
  ]);
  assert.equal(one, two);
  assert.equal(discovery.resolve(SERVICE, 'Login'), one);
  assert.deepEqual(one, [instanceRecord('user-1')]);
  assert.ok(Object.isFrozen(one) && Object.isFrozen(one[0]));
});

test('an instance without the method is not returned for it', async () => {
  await using server = await startServer();
  await using zk = await connect(server);
  const registry = new ServiceRegistry(zk);
  await using _old = await registry.register(instanceRecord('old', { methods: ['Login'] }));
  await using _new = await registry.register(instanceRecord('new', { methods: ['Login', 'Find'] }));
  await using discovery = new ServiceDiscovery(zk);
  assert.deepEqual(idsOf(await discovery.resolve(SERVICE, 'Login')), ['new', 'old']);
  assert.deepEqual(idsOf(await discovery.resolve(SERVICE, 'Find')), ['new']);
});

test('nobody provides it: the seed answer, until somebody does', async () => {
  await using server = await startServer();
  await using zk = await connect(server);
  await using discovery = new ServiceDiscovery(zk);
  await assert.rejects(async () => discovery.resolve(SERVICE, 'Login'), noProvider);
  await assert.rejects(async () => discovery.resolve('../config', 'x'), { reason: 'NO_PROVIDER' });
  await using _registration = await new ServiceRegistry(zk).register(instanceRecord('user-1'));
  await waitFor(() => known(discovery).length === 1);
  assert.deepEqual(idsOf(await discovery.resolve(SERVICE, 'Login')), ['user-1']);
});

test('R6: a process that starts while ZooKeeper is away knows the addresses from disk', async () => {
  await using folder = await temporaryFolder();
  const snapshotFile = join(folder.path, 'addresses.json');
  const first = await startServer();
  const { port } = first;
  {
    await using zk = await connect(first);
    await using _registration = await new ServiceRegistry(zk).register(instanceRecord('user-1'));
    await zk.create('/OldServiceRpc', null);
    await zk.create('/OldServiceRpc/Run', '127.0.0.1:6000');
    await using discovery = new ServiceDiscovery(zk, { snapshotFile });
    await discovery.resolve(SERVICE, 'Login');
    await discovery.resolve('OldServiceRpc', 'Run');
    await discovery.close();
  }
  await first.stop();

  await using zk = ZooKeeperClient.startConnecting({ connectString: first.connectString });
  await using discovery = new ServiceDiscovery(zk, {
    snapshotFile,
    snapshotAfterMs: 20,
    firstReadTimeoutMs: 20,
    sessionLossGraceMs: 100,
  });
  assert.deepEqual(await discovery.resolve(SERVICE, 'Login'), [instanceRecord('user-1')]);
  assert.equal(discovery.status()[0]?.source, 'snapshot');
  await waitFor(() => Array.isArray(discovery.resolve(SERVICE, 'Login')));

  // Back again, without the instance: the registry's word replaces the file's after the grace time.
  await using _second = await startServer(port);
  await waitFor(() => discovery.status()[0]?.source === 'held');
  assert.deepEqual(known(discovery), ['user-1']);
  await waitFor(() => known(discovery).length === 0);
});

test('R6: addresses from disk give way as soon as ZooKeeper has others', async () => {
  await using folder = await temporaryFolder();
  const snapshotFile = join(folder.path, 'addresses.json');
  await using server = await startServer();
  await using provider = await connect(server);
  const registry = new ServiceRegistry(provider);
  const first = await registry.register(instanceRecord('user-1'));
  {
    await using discovery = new ServiceDiscovery(provider, { snapshotFile });
    await discovery.ready(SERVICE);
  }
  await first.deregister();
  await using _second = await registry.register(instanceRecord('user-2', { port: 7002 }));

  await using proxy = await FaultProxy.start(server.port);
  proxy.refuse();
  await using zk = ZooKeeperClient.startConnecting({ connectString: proxy.connectString });
  await using discovery = new ServiceDiscovery(zk, { snapshotFile, snapshotAfterMs: 20 });
  assert.deepEqual(idsOf(await discovery.resolve(SERVICE, 'Login')), ['user-1']);
  proxy.heal();
  await waitFor(() => known(discovery).join() === 'user-2');
  assert.equal(discovery.status()[0]?.source, 'live');
});

test('neither ZooKeeper nor a known address: UNAVAILABLE says so in time', async () => {
  await using zk = ZooKeeperClient.startConnecting({
    connectString: `127.0.0.1:${await freePort()}`,
  });
  await using discovery = new ServiceDiscovery(zk, { firstReadTimeoutMs: 20 });
  await assert.rejects(
    async () => discovery.resolve(SERVICE, 'Login'),
    (error) => error instanceof RpcError && error.reason === 'REGISTRY_UNAVAILABLE',
  );
});

test('listeners hear the list as soon as it is known and after every change, and no more', async () => {
  await using server = await startServer();
  await using zk = await connect(server);
  const registry = new ServiceRegistry(zk);
  await using discovery = new ServiceDiscovery(zk);
  const early: string[] = [];
  const late: string[] = [];
  discovery.watch(SERVICE, () => {
    throw new Error('a listener that fails stops nobody');
  });
  const stop = discovery.watch(SERVICE, (instances) => early.push(idsOf(instances).join()));
  await waitFor(() => early.length === 1);
  const first = await registry.register(instanceRecord('user-1'));
  await waitFor(() => early.length === 2);
  discovery.watch(SERVICE, (instances) => late.push(idsOf(instances).join()));
  assert.deepEqual(late, []);
  await waitFor(() => late.length === 1);
  stop();
  await first.deregister();
  await waitFor(() => late.length === 2);
  assert.deepEqual(early, ['', 'user-1']);
  assert.deepEqual(late, ['user-1', '']);
});

test('services lists the names below /services', async () => {
  await using server = await startServer();
  await using zk = await connect(server);
  await using discovery = new ServiceDiscovery(zk);
  assert.deepEqual(await discovery.services(), []);
  const registry = new ServiceRegistry(zk);
  await using _b = await registry.register(instanceRecord('b', { service: 'BServiceRpc' }));
  await using _a = await registry.register(instanceRecord('a', { service: 'AServiceRpc' }));
  assert.deepEqual(await discovery.services(), ['AServiceRpc', 'BServiceRpc']);
});

test('a closed discovery refuses, and ends what waits', async () => {
  await using server = await startServer();
  await using live = await connect(server);
  await using _registration = await new ServiceRegistry(live).register(instanceRecord('user-1'));
  const knowing = new ServiceDiscovery(live);
  await knowing.resolve(SERVICE, 'Login');
  await knowing.close();
  await assert.rejects(async () => knowing.resolve(SERVICE, 'Login'), { code: 'CLOSED' });

  await using zk = ZooKeeperClient.startConnecting({
    connectString: `127.0.0.1:${await freePort()}`,
  });
  const discovery = new ServiceDiscovery(zk);
  const waiting = assert.rejects(async () => discovery.resolve(SERVICE, 'Login'), {
    code: 'CLOSED',
  });
  await discovery.close();
  await waiting;
  await assert.rejects(async () => discovery.resolve(SERVICE, 'Login'), { code: 'CLOSED' });
  await assert.rejects(discovery.ready(SERVICE), { code: 'CLOSED' });
});

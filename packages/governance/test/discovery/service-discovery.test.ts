import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Instance, RpcError } from '@mpim/mprpc';
import { FaultProxy, freePort, temporaryFolder, waitFor } from '@mpim/testkit';
import { ZooKeeperClient } from '@mpim/zookeeper';
import { encodeRecord, ServiceDiscovery, ServiceRegistry } from '../../src/index.ts';
import { connect, startServer } from '../support/embedded.ts';
import { instanceRecord } from '../support/instance-record.ts';

const SERVICE = 'UserServiceRpc';
const noProvider = {
  code: 'UNAVAILABLE',
  reason: 'NO_PROVIDER',
  message: '/UserServiceRpc/Login is not exist!',
};

const idsOf = (instances: readonly Instance[]) => instances.map(({ id }) => id);

/** What is known at this moment, without asking anybody. */
function known(discovery: ServiceDiscovery): string[] {
  const instances = discovery.status().find(({ service }) => service === SERVICE)?.instances;
  return idsOf(instances ?? []);
}

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

test('instances come and go by watch; each record is read once', async () => {
  await using server = await startServer();
  await using zk = await connect(server);
  const registry = new ServiceRegistry(zk);
  const first = await registry.register(instanceRecord('user-1'));
  await using discovery = new ServiceDiscovery(zk, { rereadIntervalMs: 3_600_000 });
  const [kept] = await discovery.resolve(SERVICE, 'Login');
  await using _second = await registry.register(instanceRecord('user-2', { port: 7002 }));
  await waitFor(() => known(discovery).join() === 'user-1,user-2');
  assert.equal((await discovery.resolve(SERVICE, 'Login'))[0], kept);
  await first.deregister();
  await waitFor(() => known(discovery).join() === 'user-2');
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

test('R4: ZooKeeper being away takes nothing away', async () => {
  await using server = await startServer();
  await using proxy = await FaultProxy.start(server.port);
  await using provider = await connect(server);
  await using _registration = await new ServiceRegistry(provider).register(
    instanceRecord('user-1'),
  );
  await using zk = await connect(proxy, 600);
  await using discovery = new ServiceDiscovery(zk, { rereadIntervalMs: 20 });
  const before = await discovery.resolve(SERVICE, 'Login');
  proxy.refuse();
  proxy.cut();
  await waitFor(() => zk.state.kind === 'expired' || zk.state.kind === 'connecting');
  assert.equal(discovery.resolve(SERVICE, 'Login'), before);
  proxy.heal();
  await waitFor(() => zk.state.kind === 'connected');
  assert.equal(discovery.resolve(SERVICE, 'Login'), before);
});

test('R4: a server that forgot everything takes nothing away while providers come back', async () => {
  const first = await startServer();
  const { port } = first;
  await using provider = await connect(first);
  await using registration = await new ServiceRegistry(provider).register(instanceRecord('user-1'));
  await using zk = await connect(first);
  await using discovery = new ServiceDiscovery(zk, { sessionLossGraceMs: 60_000 });
  const before = await discovery.resolve(SERVICE, 'Login');
  const heard: string[][] = [];
  const stop = discovery.watch(SERVICE, (instances) => heard.push(idsOf(instances)));
  const session = zk.sessionId;
  await first.stop();
  await using _second = await startServer(port);
  await waitFor(() => zk.sessionId !== session && registration.state === 'registered');
  await waitFor(async () => (await zk.children('/services/UserServiceRpc')).children.length === 1);
  await waitFor(() => discovery.status()[0]?.source === 'live');
  assert.equal(discovery.resolve(SERVICE, 'Login'), before);
  assert.deepEqual(heard, [['user-1']]);
  stop();
});

test('R5: instances that stay away after a lost session are given up after the grace time', async () => {
  await using server = await startServer();
  await using provider = await connect(server);
  const registration = await new ServiceRegistry(provider).register(instanceRecord('user-1'));
  await using zk = await connect(server);
  await using discovery = new ServiceDiscovery(zk, { sessionLossGraceMs: 300 });
  await discovery.ready(SERVICE);
  const session = zk.sessionId;
  server.expireSession(session);
  await registration.deregister();
  await waitFor(() => zk.sessionId !== session && discovery.status()[0]?.source === 'held');
  assert.deepEqual(known(discovery), ['user-1']);
  await waitFor(() => known(discovery).length === 0);
  await assert.rejects(async () => discovery.resolve(SERVICE, 'Login'), noProvider);
});

test('R5: an empty list in the same session is believed at once', async () => {
  await using server = await startServer();
  await using zk = await connect(server);
  await using provider = await connect(server);
  await new ServiceRegistry(provider).register(instanceRecord('user-1'));
  await using discovery = new ServiceDiscovery(zk, { sessionLossGraceMs: 60_000 });
  await discovery.ready(SERVICE);
  await provider.close();
  await waitFor(() => known(discovery).length === 0);
  await assert.rejects(async () => discovery.resolve(SERVICE, 'Login'), noProvider);
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

test('R8: a change that no watch told of is found by reading again', async () => {
  await using server = await startServer();
  await using zk = await connect(server);
  const registry = new ServiceRegistry(zk);
  const first = await registry.register(instanceRecord('user-1'));
  await using discovery = new ServiceDiscovery(deaf(zk), { rereadIntervalMs: 20 });
  await discovery.ready(SERVICE);
  await first.deregister();
  await using _second = await registry.register(instanceRecord('user-2'));
  await waitFor(() => known(discovery).join() === 'user-2');
});

test('a node that was replaced under the same name between two reads is read again', async () => {
  await using server = await startServer();
  await using zk = await connect(server);
  const path = '/services/UserServiceRpc/user-1';
  await zk.ensurePath('/services/UserServiceRpc');
  await zk.create(path, encodeRecord(instanceRecord('user-1')), { mode: 'ephemeral' });
  await using discovery = new ServiceDiscovery(zk, { rereadIntervalMs: 3_600_000 });
  await discovery.ready(SERVICE);
  const data = encodeRecord(instanceRecord('user-1', { port: 7999 }));
  await zk.multi([
    { type: 'delete', path },
    { type: 'create', path, data, mode: 'ephemeral' },
  ]);
  await waitFor(() => discovery.status()[0]?.instances[0]?.port === 7999);
});

test('records that are not valid are left out with a warning', async () => {
  await using server = await startServer();
  await using zk = await connect(server);
  const warnings: object[] = [];
  const logger = { info() {}, warn: (facts: object) => warnings.push(facts) };
  await using _registration = await new ServiceRegistry(zk).register(instanceRecord('user-1'));
  await zk.create('/services/UserServiceRpc/bad', '{"host":');
  await zk.create('/services/UserServiceRpc/empty', null);
  await zk.create('/services/UserServiceRpc/thief', encodeRecord(instanceRecord('user-1')));
  await using discovery = new ServiceDiscovery(zk, { logger });
  await discovery.ready(SERVICE);
  assert.deepEqual(known(discovery), ['user-1']);
  assert.equal(warnings.length, 3);
});

test('an address only in the seed layout is believed for its time, then asked for again', async () => {
  await using server = await startServer();
  await using proxy = await FaultProxy.start(server.port);
  await using zk = await connect(proxy);
  await using admin = await connect(server);
  await zk.create('/UserServiceRpc', null);
  await zk.create('/UserServiceRpc/Login', '[::1]:6000');
  await using discovery = new ServiceDiscovery(zk, { addressCacheTtlMs: 100, snapshotAfterMs: 50 });
  const first = await discovery.resolve(SERVICE, 'Login');
  assert.deepEqual([first[0]?.host, first[0]?.port], ['::1', 6000]);
  assert.equal(discovery.resolve(SERVICE, 'Login'), first);
  await admin.set('/UserServiceRpc/Login', '127.0.0.1:6001');
  await waitFor(async () => (await discovery.resolve(SERVICE, 'Login'))[0]?.port === 6001);
  await admin.delete('/UserServiceRpc/Login');
  await waitFor(async () => {
    const refusal = await Promise.resolve(discovery.resolve(SERVICE, 'Login')).catch((e) => e);
    return refusal instanceof RpcError && refusal.message === noProvider.message;
  });
  await admin.create('/UserServiceRpc/Login', 'no address at all');
  await assert.rejects(async () => discovery.resolve(SERVICE, 'Login'), noProvider);
  await admin.set('/UserServiceRpc/Login', '127.0.0.1:6002');
  await waitFor(async () => (await discovery.resolve(SERVICE, 'Login'))[0]?.port === 6002);
  // A dead peer, then a cut: the old address is better than none.
  proxy.blackhole();
  await waitFor(() => discovery.resolve(SERVICE, 'Login') instanceof Promise);
  assert.equal((await discovery.resolve(SERVICE, 'Login'))[0]?.port, 6002);
  proxy.refuse();
  proxy.cut();
  await waitFor(() => zk.state.kind !== 'connected');
  const [stale] = await discovery.resolve(SERVICE, 'Login');
  assert.equal(stale?.port, 6002);
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

/** A client that never hears of its watches on children: no real server can be made to miss one on demand. */
function deaf(zk: ZooKeeperClient): ZooKeeperClient {
  return new Proxy(zk, {
    get(target, property) {
      if (property !== 'childrenAndWatch') {
        const value = Reflect.get(target, property, target);
        return typeof value === 'function' ? value.bind(target) : value;
      }
      return async (path: string) => {
        const watch = { path, event: new Promise(() => {}), [Symbol.dispose]() {} };
        return { ...(await target.children(path)), watch };
      };
    },
  });
}

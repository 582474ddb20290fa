import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FaultProxy, waitFor } from '@mpim/testkit';
import type { ZooKeeperClient } from '@mpim/zookeeper';
import { encodeRecord, ServiceDiscovery, ServiceRegistry } from '../../src/index.ts';
import { idsOf, known, noProvider, SERVICE } from '../support/discovered.ts';
import { connect, startServer } from '../support/embedded.ts';
import { instanceRecord } from '../support/instance-record.ts';

test('R7: instances come and go by one watch; each record is read once', async () => {
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

test('R7: a burst of changes is a few lists, and each record is still read once', async () => {
  await using server = await startServer();
  await using zk = await connect(server);
  await using provider = await connect(server);
  const calls: string[] = [];
  const counted = through(zk, { onCall: (name) => calls.push(name) });
  await using discovery = new ServiceDiscovery(counted, { coalesceMs: 200 });
  await discovery.ready(SERVICE);
  const registry = new ServiceRegistry(provider);
  const ids = Array.from({ length: 30 }, (_, index) => `user-${index}`);
  await Promise.all(ids.map((id) => registry.register(instanceRecord(id))));
  await waitFor(() => known(discovery).length === 30);
  assert.equal(calls.filter((name) => name === 'get').length, 30);
  const lists = calls.filter((name) => name.startsWith('children')).length;
  assert.ok(lists < 15, `${lists} lists for 30 changes`);
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

/** A client that never hears of its watches on children: no real server can be made to miss one on demand. */
function deaf(zk: ZooKeeperClient): ZooKeeperClient {
  const childrenAndWatch = async (path: string) => {
    const watch = { path, event: new Promise(() => {}), [Symbol.dispose]() {} };
    return { ...(await zk.children(path)), watch };
  };
  return through(zk, { instead: { childrenAndWatch } });
}

/** The same client, seen through a glass: calls are counted or answered by somebody else. */
function through(
  zk: ZooKeeperClient,
  glass: { onCall?: (name: string) => void; instead?: Record<string, unknown> },
): ZooKeeperClient {
  return new Proxy(zk, {
    get(target, property) {
      const name = String(property);
      const value = glass.instead?.[name] ?? Reflect.get(target, property, target);
      if (typeof value !== 'function') return value;
      return (...given: unknown[]) => {
        glass.onCall?.(name);
        return Reflect.apply(value, target, given);
      };
    },
  });
}

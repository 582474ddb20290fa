import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FaultProxy, waitFor } from '@mpim/testkit';
import { CREATOR_ALL_ACL, ZooKeeperClient } from '@mpim/zookeeper';
import {
  decodeRecord,
  GovernanceError,
  ServiceDiscovery,
  ServiceRegistry,
} from '../../src/index.ts';
import { connect, look, startServer } from '../support/embedded.ts';
import { instanceRecord } from '../support/instance-record.ts';

const PRIMARY = '/services/UserServiceRpc/user-1';
const LOGIN = '/UserServiceRpc/Login';
const LOGOUT = '/UserServiceRpc/Logout';
const record = instanceRecord('user-1');

test('an instance is announced in both layouts, in one multi', async () => {
  await using server = await startServer();
  await using zk = await connect(server);
  await using registration = await new ServiceRegistry(zk).register(record);
  assert.equal(registration.state, 'registered');
  const { data } = await zk.get(PRIMARY);
  assert.deepEqual(decodeRecord(data, 'UserServiceRpc', 'user-1'), record);
  const primary = await look(zk, PRIMARY);
  for (const path of [LOGIN, LOGOUT]) {
    const seed = await look(zk, path);
    assert.deepEqual(seed, { ...primary, text: '127.0.0.1:7001' }, path);
  }
  assert.equal(primary?.owner, zk.sessionId);
});

test('everything is below the chroot, which is made when it is missing', async () => {
  await using server = await startServer();
  await using zk = await connect({ connectString: `${server.connectString}/mpim` });
  await using discovery = new ServiceDiscovery(zk);
  await discovery.ready('UserServiceRpc');
  await using _registration = await new ServiceRegistry(zk).register(record);
  await waitFor(() => discovery.status()[0]?.instances.length === 1);
  await using admin = await connect(server);
  assert.equal((await look(admin, `/mpim${LOGIN}`))?.text, '127.0.0.1:7001');
  assert.equal(await admin.exists('/services'), null);
});

test('an IPv6 instance is [::1]:port in the seed layout', async () => {
  await using server = await startServer();
  await using zk = await connect(server);
  const registry = new ServiceRegistry(zk);
  await using _registration = await registry.register(instanceRecord('user-1', { host: '::1' }));
  assert.equal((await look(zk, LOGIN))?.text, '[::1]:7001');
});

test('R1: nodes of an older session are replaced and outlive it', async () => {
  await using server = await startServer();
  await using zk = await connect(server);
  const old = await connect(server);
  await old.ensurePath('/services/UserServiceRpc');
  await old.ensurePath('/UserServiceRpc');
  await old.create(PRIMARY, 'whatever', { mode: 'ephemeral' });
  await old.create(LOGIN, '127.0.0.1:7001', { mode: 'ephemeral' });
  await using _registration = await new ServiceRegistry(zk).register(record);
  await old.close();
  for (const path of [PRIMARY, LOGIN, LOGOUT]) {
    assert.equal((await look(zk, path))?.owner, zk.sessionId, path);
  }
});

test('R2: nodes deleted by hand are back at once', async () => {
  await using server = await startServer();
  await using zk = await connect(server);
  await using admin = await connect(server);
  await using _registration = await new ServiceRegistry(zk).register(record);
  for (const path of [PRIMARY, LOGIN]) {
    const before = await look(admin, path);
    await admin.delete(path);
    await waitFor(async () => {
      const now = await look(admin, path);
      return now !== undefined && now.czxid !== before?.czxid;
    });
    assert.equal((await look(admin, path))?.owner, zk.sessionId);
  }
  await admin.deleteRecursive('/services');
  await admin.deleteRecursive('/UserServiceRpc');
  await waitFor(async () => (await look(admin, PRIMARY)) && (await look(admin, LOGOUT)));
});

test('R3: what others write into the nodes does not stay', async () => {
  await using server = await startServer();
  await using zk = await connect(server);
  await using admin = await connect(server);
  await using _registration = await new ServiceRegistry(zk).register(record);
  const { text } = (await look(admin, PRIMARY)) ?? {};
  await admin.set(PRIMARY, '{"weight":0}');
  await admin.multi([
    { type: 'delete', path: LOGIN },
    { type: 'create', path: LOGIN, data: '127.0.0.1:7001', mode: 'ephemeral' },
  ]);
  await waitFor(async () => (await look(admin, PRIMARY))?.text === text);
  await waitFor(async () => (await look(admin, LOGIN))?.owner === zk.sessionId);
});

test('R9: a lost session is followed by the whole registration', async () => {
  await using server = await startServer();
  await using zk = await connect(server);
  await using admin = await connect(server);
  await using registration = await new ServiceRegistry(zk).register(record);
  for (let round = 0; round < 2; round++) {
    const session = zk.sessionId;
    server.expireSession(session);
    await waitFor(() => zk.sessionId !== session && registration.state === 'registered');
    for (const path of [PRIMARY, LOGIN, LOGOUT]) {
      assert.equal((await look(admin, path))?.owner, zk.sessionId, path);
    }
  }
});

test('R9: a server that was restarted and forgot everything is told again', async () => {
  const first = await startServer();
  const { port } = first;
  await using zk = await connect(first);
  await using registration = await new ServiceRegistry(zk).register(record);
  await first.stop();
  await waitFor(() => registration.state === 'suspended');
  await using second = await startServer(port);
  await waitFor(() => registration.state === 'registered');
  await using admin = await connect(second);
  for (const path of [PRIMARY, LOGIN, LOGOUT]) {
    assert.equal((await look(admin, path))?.owner, zk.sessionId, path);
  }
});

test('a cut in the same session suspends the registration and ends by itself', async () => {
  await using server = await startServer();
  await using proxy = await FaultProxy.start(server.port);
  await using zk = await connect(proxy);
  await using registration = await new ServiceRegistry(zk).register(record);
  const session = zk.sessionId;
  proxy.refuse();
  proxy.cut();
  await waitFor(() => registration.state === 'suspended');
  proxy.heal();
  await waitFor(() => registration.state === 'registered');
  assert.equal(zk.sessionId, session);
});

test('seed nodes belong to one instance, and another takes over when it goes', async () => {
  await using server = await startServer();
  await using one = await connect(server);
  const { connectString } = server;
  await using two = await ZooKeeperClient.connect({ connectString });
  const first = await new ServiceRegistry(one).register(record);
  await using second = await new ServiceRegistry(two).register(
    instanceRecord('user-2', { port: 7002, methods: ['Login', 'Logout', 'FindUsers'] }),
  );
  assert.equal(second.state, 'registered');
  assert.equal((await look(two, LOGIN))?.text, '127.0.0.1:7001');
  assert.equal((await look(two, '/UserServiceRpc/FindUsers'))?.text, '127.0.0.1:7002');

  await first.deregister();
  assert.equal(await look(two, PRIMARY), undefined);
  await waitFor(async () => (await look(two, LOGIN))?.text === '127.0.0.1:7002');
  await waitFor(async () => (await look(two, LOGOUT))?.text === '127.0.0.1:7002');

  // A killed process deregisters nothing: its session ends.
  await using third = await new ServiceRegistry(one).register(record);
  assert.equal((await look(one, LOGIN))?.text, '127.0.0.1:7002');
  server.expireSession(two.sessionId);
  await waitFor(async () => (await look(one, LOGIN))?.text === '127.0.0.1:7001');
  assert.equal(third.state, 'registered');
});

test('many instances that start together all get in', async () => {
  await using server = await startServer();
  await using zk = await connect(server);
  const registry = new ServiceRegistry(zk);
  const ids = Array.from({ length: 20 }, (_, index) => `user-${index}`);
  const registrations = await Promise.all(
    ids.map((id, index) => registry.register(instanceRecord(id, { port: 7100 + index }))),
  );
  const { children } = await zk.children('/services/UserServiceRpc');
  assert.deepEqual(children.sort(), ids.sort());
  await Promise.all(registrations.map((registration) => registration.deregister()));
  assert.deepEqual((await zk.children('/services/UserServiceRpc')).children, []);
  assert.deepEqual((await zk.children('/UserServiceRpc')).children, []);
  assert.equal(zk.listenerCount('state') + zk.listenerCount('session'), 0);
});

test('two instances in one session leave each other the seed nodes they hold', async () => {
  await using server = await startServer();
  await using zk = await connect(server);
  const registry = new ServiceRegistry(zk);
  const first = await registry.register(record);
  await using _second = await registry.register(instanceRecord('user-2', { port: 7002 }));
  assert.equal((await look(zk, LOGIN))?.text, '127.0.0.1:7001');
  await zk.set(LOGIN, '127.0.0.1:9');
  await waitFor(async () => (await look(zk, LOGIN))?.text === '127.0.0.1:7001');
  await first.deregister();
  await waitFor(async () => (await look(zk, LOGIN))?.text === '127.0.0.1:7002');
});

test('a seed node made persistent by an operator is left alone', async () => {
  await using server = await startServer();
  await using zk = await connect(server);
  await zk.ensurePath('/UserServiceRpc');
  await zk.create(LOGIN, '10.0.0.1:6000');
  const registration = await new ServiceRegistry(zk).register(record);
  await registration.deregister();
  assert.equal((await look(zk, LOGIN))?.text, '10.0.0.1:6000');
});

test('the nodes carry the ACL that was asked for', async () => {
  await using server = await startServer();
  await using zk = await connect(server);
  await zk.addAuth('digest', 'service:secret');
  await using _registration = await new ServiceRegistry(zk, { acl: CREATOR_ALL_ACL }).register(
    record,
  );
  await using stranger = await connect(server);
  for (const path of [PRIMARY, LOGIN, '/services/UserServiceRpc', '/UserServiceRpc']) {
    await assert.rejects(stranger.get(path), { code: 'NO_AUTH' }, path);
  }
});

test('without the right to write, register rejects instead of trying for ever', async () => {
  await using server = await startServer();
  await using zk = await connect(server);
  await using owner = await connect(server);
  await owner.addAuth('digest', 'service:secret');
  await owner.ensurePath('/services', { acl: CREATOR_ALL_ACL });
  await assert.rejects(new ServiceRegistry(zk).register(record), { code: 'NO_AUTH' });
});

test('a wrong record is refused before anything is written', async () => {
  await using server = await startServer();
  await using zk = await connect(server);
  const registry = new ServiceRegistry(zk);
  await assert.rejects(
    registry.register(instanceRecord('user-1', { host: '0.0.0.0' })),
    (error) => error instanceof GovernanceError && error.field === 'host',
  );
  assert.equal(await zk.exists('/services'), null);
});

test('without ZooKeeper: register waits until aborted, deregister does not wait', async () => {
  await using server = await startServer();
  await using proxy = await FaultProxy.start(server.port);
  await using zk = await connect(proxy);
  const registry = new ServiceRegistry(zk, { deregisterTimeoutMs: 50 });
  const registration = await registry.register(record);
  proxy.refuse();
  proxy.cut();
  await waitFor(() => registration.state === 'suspended');
  const reason = new Error('enough');
  const abort = new AbortController();
  const waiting = registry.register(instanceRecord('user-2'), { signal: abort.signal });
  abort.abort(reason);
  await assert.rejects(waiting, reason);
  await registration.deregister();
  assert.equal(registration.state, 'closed');
});

test('register rejects when the client is closed', async () => {
  await using server = await startServer();
  const zk = await ZooKeeperClient.connect({ connectString: server.connectString });
  await zk.close();
  await assert.rejects(new ServiceRegistry(zk).register(record), { code: 'CLOSED' });
});

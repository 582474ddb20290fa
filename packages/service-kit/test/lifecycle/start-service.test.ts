import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { ServiceDiscovery } from '@mpim/governance';
import { HealthDefinition, ReflectionDefinition, RpcChannel, StaticResolver } from '@mpim/mprpc';
import { freePort, temporaryFolder, waitFor } from '@mpim/testkit';
import { ZooKeeperClient } from '@mpim/zookeeper';
import { ZooKeeperServer } from '@mpim/zookeeper-server';
import {
  commonSettings,
  defineService,
  loadServiceSecrets,
  startService,
} from '../../src/index.ts';
import { EchoServiceRpcDefinition, echoService } from '../support/echo-service.ts';

async function readiness(adminPort: number): Promise<{ status: number; text: string }> {
  const response = await fetch(`http://127.0.0.1:${adminPort}/readyz`);
  return { status: response.status, text: await response.text() };
}

test('a service registers itself, is called by name, and is gone from ZooKeeper when it stops', async () => {
  await using server = await ZooKeeperServer.start();
  await using folder = await temporaryFolder();
  await using zk = await ZooKeeperClient.connect({ connectString: server.connectString });
  const { spec, controls } = echoService();
  const settings = {
    zookeeper: server.connectString,
    dataDir: folder.path,
    zone: 'east',
    host: '0.0.0.0',
    advertisedHost: '127.0.0.1',
    logLevel: 'silent' as const,
  };
  await using service = await startService(spec, settings);
  await service.registered;
  assert.match(service.instanceId, /^user-[0-9a-f]{8}$/);

  const path = `/services/EchoServiceRpc/${service.instanceId}`;
  const record = JSON.parse(String((await zk.get(path)).data));
  assert.equal(record.port, service.port);
  assert.equal(record.adminPort, service.adminPort);
  assert.equal(record.zone, 'east');
  assert.deepEqual(record.methods, ['Echo']);
  assert.deepEqual(record.metadata, { flavour: 'plain' });
  const seedNode = await zk.get('/EchoServiceRpc/Echo');
  assert.equal(String(seedNode.data), `127.0.0.1:${service.port}`);

  assert.equal((await readiness(service.adminPort)).status, 200);
  controls.notReadyBecause = 'the soup is cold';
  assert.match((await readiness(service.adminPort)).text, /the soup is cold/);
  controls.notReadyBecause = undefined;

  await using discovery = new ServiceDiscovery(zk);
  await using channel = new RpcChannel({
    resolver: discovery,
    authentication: { secret: loadServiceSecrets(folder.path).own },
  });
  const echo = channel.client(EchoServiceRpcDefinition);
  assert.equal(await echo.echo('hello'), 'hello');
  const metrics = await (await fetch(`http://127.0.0.1:${service.adminPort}/metrics`)).text();
  assert.match(metrics, /mpim_rpc_server_connections\{.*\} 1/);
  assert.match(metrics, /mpim_rpc_client_ejections_total\{.*\} 0/);
  assert.match(metrics, /mpim_rpc_client_addresses\{state="ready".*\} 0/);

  await using direct = new RpcChannel({
    resolver: new StaticResolver([{ host: '127.0.0.1', port: service.port }]),
    authentication: { secret: loadServiceSecrets(folder.path).own },
  });
  const health = direct.client(HealthDefinition);
  const fullName = EchoServiceRpcDefinition.fullName;
  assert.deepEqual(await health.check({ service: fullName }), { status: 'SERVING' });
  controls.notReadyBecause = 'the soup is cold';
  assert.deepEqual(await health.check({}), { status: 'NOT_SERVING' });
  controls.notReadyBecause = undefined;
  const reflection = direct.client(ReflectionDefinition);
  const { services } = await reflection.listServices({});
  assert.deepEqual(services[0]?.methods[0]?.name, 'Echo');
  assert.equal(await zk.exists('/services/Health'), null);
  assert.match(metrics, /mpim_rpc_server_seconds_count\{.*rpc_method="Echo",code="OK".*\} 1/);

  await service.stop();
  assert.equal(await zk.exists(path), null);
  assert.equal(await zk.exists('/EchoServiceRpc/Echo'), null);
  await assert.rejects(fetch(`http://127.0.0.1:${service.adminPort}/healthz`));
});

test('stopping finishes the calls in flight before anything is closed', async () => {
  await using server = await ZooKeeperServer.start();
  await using folder = await temporaryFolder();
  await using zk = await ZooKeeperClient.connect({ connectString: server.connectString });
  await using discovery = new ServiceDiscovery(zk);
  await using channel = new RpcChannel({
    resolver: discovery,
    authentication: { secret: loadServiceSecrets(folder.path).own },
  });
  const { spec, controls } = echoService();
  await using service = await startService(spec, {
    zookeeper: server.connectString,
    dataDir: folder.path,
    logLevel: 'silent',
  });
  await service.registered;
  const echo = channel.client(EchoServiceRpcDefinition);
  const held = echo.echo('hold');
  await waitFor(() => controls.held === 1, { what: 'the call to be held' });
  const stopped = service.stop();
  assert.deepEqual(service.notReady(), ['stopping']);
  const path = `/services/EchoServiceRpc/${service.instanceId}`;
  await waitFor(async () => (await zk.exists(path)) === null, { what: 'the record to be gone' });
  assert.deepEqual(controls.events, [], 'still held');
  controls.release();
  assert.equal(await held, 'hold');
  await stopped;
  assert.deepEqual(controls.events, ['held call done', 'drain', 'abort', 'close']);
});

test('R6: a service starts while ZooKeeper is down, says so, and registers when it comes', async () => {
  await using folder = await temporaryFolder();
  const port = await freePort();
  const { spec } = echoService();
  await using service = await startService(spec, {
    zookeeper: `127.0.0.1:${port}`,
    dataDir: folder.path,
    logLevel: 'silent',
  });
  const before = await readiness(service.adminPort);
  assert.equal(before.status, 503);
  assert.match(before.text, new RegExp(`not registered yet.*127\\.0\\.0\\.1:${port}`));

  await using server = await ZooKeeperServer.start({ port });
  await service.registered;
  await using zk = await ZooKeeperClient.connect({ connectString: server.connectString });
  assert.ok(await zk.exists(`/services/EchoServiceRpc/${service.instanceId}`));
  assert.deepEqual(await readiness(service.adminPort), {
    status: 200,
    text: '{"status":"ready","warnings":[]}\n',
  });
});

test('a registered service stays ready while ZooKeeper is away, with a warning, and stops without it', async () => {
  await using folder = await temporaryFolder();
  const server = await ZooKeeperServer.start();
  const { spec } = echoService();
  await using service = await startService(spec, {
    zookeeper: server.connectString,
    dataDir: folder.path,
    logLevel: 'silent',
  });
  await service.registered;
  await server.stop();
  await waitFor(async () => /is away since/.test((await readiness(service.adminPort)).text), {
    what: 'the warning',
  });
  assert.equal((await readiness(service.adminPort)).status, 200);
});

test('R9: a session that expires is replaced, and the service registered again', async () => {
  await using server = await ZooKeeperServer.start();
  await using folder = await temporaryFolder();
  await using zk = await ZooKeeperClient.connect({ connectString: server.connectString });
  await using service = await startService(echoService().spec, {
    zookeeper: server.connectString,
    dataDir: folder.path,
    logLevel: 'silent',
  });
  await service.registered;
  const path = `/services/EchoServiceRpc/${service.instanceId}`;
  const owner = async () => (await zk.exists(path))?.ephemeralOwner;
  const first = await owner();
  assert.ok(first);
  server.expireSession(first);
  const second = await waitFor(async () => {
    const now = await owner();
    return now !== first && now;
  });
  assert.notEqual(second, first);
});

test('a chroot keeps everything below one path, and is created when missing', async () => {
  await using server = await ZooKeeperServer.start();
  await using folder = await temporaryFolder();
  await using zk = await ZooKeeperClient.connect({ connectString: server.connectString });
  const { spec } = echoService();
  await using service = await startService(spec, {
    zookeeper: `${server.connectString}/chat/east`,
    dataDir: folder.path,
    logLevel: 'silent',
  });
  await service.registered;
  assert.ok(await zk.exists(`/chat/east/services/EchoServiceRpc/${service.instanceId}`));
});

test('a record that cannot be registered is not retried in silence: /readyz says why', async () => {
  await using server = await ZooKeeperServer.start();
  await using folder = await temporaryFolder();
  await using service = await startService(echoService().spec, {
    zookeeper: server.connectString,
    dataDir: folder.path,
    zone: 'z'.repeat(1_000),
    logLevel: 'silent',
  });
  await assert.rejects(service.registered, /zone/);
  await waitFor(async () =>
    /not registered yet.*zone/.test((await readiness(service.adminPort)).text),
  );
});

test('a start that fails leaves nothing open', async () => {
  await using folder = await temporaryFolder();
  const ports = [await freePort(), await freePort()];
  const failing = defineService({
    name: 'user',
    settings: commonSettings,
    async start({ openDatabase }) {
      await openDatabase('user', []);
      throw new Error('no luck');
    },
  });
  const settings = {
    zookeeper: '127.0.0.1:1',
    dataDir: folder.path,
    port: ports[0],
    adminPort: ports[1],
    logLevel: 'silent' as const,
  };
  await assert.rejects(startService(failing, settings), /no luck/);
  // The ports are free again: the same start works with a service that does not fail.
  await using service = await startService(echoService().spec, settings);
  assert.equal(service.adminPort, ports[1]);
});

test('a data folder that cannot be used, and a wrong setting, are named', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'file');
  await writeFile(file, '');
  const { spec } = echoService();
  await assert.rejects(startService(spec, { dataDir: file, logLevel: 'silent' }), /--data-dir/);
  await assert.rejects(startService(spec, { host: '0.0.0.0' }), /--advertised-host/);
  await assert.rejects(startService(spec, { port: -1 }), /port: -1 \(given by the program\)/);
});

test('a service sends to ZooKeeper and takes from it what its settings allow', async () => {
  await using server = await ZooKeeperServer.start({ maxFrameBytes: 4 << 20 });
  await using folder = await temporaryFolder();
  const { spec, client } = showsItsClient();
  await using _service = await startService(spec, {
    zookeeper: server.connectString,
    dataDir: folder.path,
    logLevel: 'silent',
    zookeeperMaxPacketBytes: 2 << 20,
    zookeeperMaxAnswerBytes: 1 << 20,
  });
  const zk = await client;
  await zk.create('/long', 'x'.repeat(1_500_000));
  await assert.rejects(zk.set('/long', 'x'.repeat(2 << 20)), { code: 'BAD_ARGUMENTS' });
  await assert.rejects(zk.get('/long'), { code: 'MARSHALLING_ERROR' });
});

test('a service tries the ZooKeeper servers that the ensemble names, if it is to', async () => {
  // super:test
  const superDigest = 'super:D/InIHSb7yEEbrWz8b9l71RjZJU=';
  await using server = await ZooKeeperServer.start({ superDigest });
  await using folder = await temporaryFolder();
  const { spec, client } = showsItsClient();
  await using _service = await startService(spec, {
    zookeeper: `${server.connectString}/mpim`,
    dataDir: folder.path,
    logLevel: 'silent',
    zookeeperFollowEnsemble: true,
  });
  const told = once(await client, 'hosts', { signal: AbortSignal.timeout(10_000) });
  const auth = [{ scheme: 'digest', auth: 'super:test' }];
  await using admin = await ZooKeeperClient.connect({
    connectString: server.connectString,
    auth,
  });
  await admin.set('/zookeeper/config', 'server.1=zk1:2888:3888;2181\nversion=1');
  assert.deepEqual(await told, ['zk1:2181']);
});

/** A service that does nothing, and its ZooKeeper client. */
function showsItsClient() {
  const { promise: client, resolve } = Promise.withResolvers<ZooKeeperClient>();
  const spec = defineService({
    name: 'user',
    settings: commonSettings,
    async start({ zk }) {
      resolve(zk);
      return {};
    },
  });
  return { spec, client };
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ServiceDiscovery, ServiceRegistry } from '@mpim/governance';
import { RpcChannel } from '@mpim/mprpc';
import { PresenceServiceRpcDefinition } from '@mpim/protocol';
import { loadServiceSecrets, type RunningService, startService } from '@mpim/service-kit';
import { temporaryFolder, waitFor } from '@mpim/testkit';
import { ZooKeeperClient } from '@mpim/zookeeper';
import { ZooKeeperServer } from '@mpim/zookeeper-server';
import { presenceService } from '../src/index.ts';

/** The service with its ZooKeeper, called by name as a gateway does. */
async function startPresence(
  settings: { maxRoutes?: number; unknownGatewayGraceMs?: number } = {},
) {
  await using stack = new AsyncDisposableStack();
  const server = stack.use(await ZooKeeperServer.start({ tickTimeMs: 100 }));
  const folder = stack.use(await temporaryFolder());
  const { connectString } = server;
  const zk = stack.use(await ZooKeeperClient.connect({ connectString }));
  const service = stack.use(
    await startService(presenceService, {
      zookeeper: connectString,
      dataDir: folder.path,
      logLevel: 'silent',
      ...settings,
    }),
  );
  await service.registered;
  const discovery = stack.use(new ServiceDiscovery(zk));
  const channel = new RpcChannel({
    resolver: discovery,
    authentication: { secret: loadServiceSecrets(folder.path).own },
  });
  stack.defer(() => channel.close());
  const presence = channel.client(PresenceServiceRpcDefinition);
  const open = stack.move();
  return { server, zk, service, presence, [Symbol.asyncDispose]: () => open.disposeAsync() };
}

/** A gateway in the registry, with a session of its own. */
async function gateway(server: ZooKeeperServer, id: string) {
  const zk = await ZooKeeperClient.connect({ connectString: server.connectString });
  await new ServiceRegistry(zk).register({
    id,
    service: 'GatewayServiceRpc',
    host: '127.0.0.1',
    port: 7001,
    adminPort: 0,
    version: '',
    weight: 100,
    zone: '',
    methods: ['Push'],
    startedAt: Date.now(),
    metadata: {},
  });
  return zk;
}

async function metric(service: RunningService, name: string): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${service.adminPort}/metrics`);
  const line = (await response.text()).split('\n').find((each) => each.startsWith(`${name}{`));
  return Number(line?.split(' ').at(-1));
}

test('routes are bound, queried and unbound, again and again to the same effect', async () => {
  await using system = await startPresence();
  const { presence, service } = system;
  for (let round = 0; round < 2; round++) {
    await presence.bindRoute({ gatewayId: 'gateway-1', users: ['alice', 'bob'] });
    await presence.bindRoute({ gatewayId: 'gateway-2', users: ['alice'] });
  }
  const { routes } = await presence.queryRoutes({ users: ['alice', 'bob', 'carol', 'alice'] });
  assert.deepEqual(routes, [
    { user: 'alice', gatewayId: 'gateway-1' },
    { user: 'alice', gatewayId: 'gateway-2' },
    { user: 'bob', gatewayId: 'gateway-1' },
  ]);
  assert.equal(await metric(service, 'mpim_presence_routes'), 3);
  assert.equal(await metric(service, 'mpim_presence_users'), 2);
  for (let round = 0; round < 2; round++) {
    await presence.unbindRoute({ gatewayId: 'gateway-1', users: ['alice', 'bob'] });
  }
  const left = await presence.queryRoutes({ users: ['alice', 'bob'] });
  assert.deepEqual(left.routes, [{ user: 'alice', gatewayId: 'gateway-2' }]);
});

test("a gateway's routes go with its registration, the others' stay", async () => {
  await using system = await startPresence();
  const { presence, server, service } = system;
  const doomed = await gateway(server, 'gateway-1');
  await using _other = await gateway(server, 'gateway-2');
  await presence.bindRoute({ gatewayId: 'gateway-1', users: ['alice', 'bob'] });
  await presence.bindRoute({ gatewayId: 'gateway-2', users: ['alice'] });
  await waitFor(async () => (await metric(service, 'mpim_presence_registered_gateways')) === 2);
  await doomed.close();
  await waitFor(async () => {
    const { routes } = await presence.queryRoutes({ users: ['alice', 'bob'] });
    return routes.length === 1 && routes[0]?.gatewayId === 'gateway-2';
  });
  assert.equal(await metric(service, 'mpim_presence_routes_dropped_total'), 2);
});

test('routes of a gateway that never registers go after the grace time', async () => {
  await using system = await startPresence({ unknownGatewayGraceMs: 0 });
  const { presence } = system;
  await presence.bindRoute({ gatewayId: 'gateway-1', users: ['alice'] });
  await waitFor(async () => (await presence.queryRoutes({ users: ['alice'] })).routes.length === 0);
});

test('requests that make no sense are refused, and change nothing', async () => {
  await using system = await startPresence({ maxRoutes: 3 });
  const { presence } = system;
  const bad = (reason: string) => ({ code: 'INVALID_ARGUMENT', reason });
  const users = ['alice'];
  await assert.rejects(presence.bindRoute({ users }), bad('INVALID_GATEWAY_ID'));
  await assert.rejects(
    presence.unbindRoute({ gatewayId: 'a/b', users }),
    bad('INVALID_GATEWAY_ID'),
  );
  await assert.rejects(
    presence.bindRoute({ gatewayId: 'gateway-1', users: ['alice', 'Bob'] }),
    bad('INVALID_USERS'),
  );
  const crowd = Array.from({ length: 10_001 }, (_, n) => `u${n}`);
  await assert.rejects(presence.queryRoutes({ users: crowd }), bad('INVALID_USERS'));
  assert.deepEqual((await presence.queryRoutes({ users })).routes, []);

  const full = { code: 'RESOURCE_EXHAUSTED' };
  await presence.bindRoute({ gatewayId: 'gateway-1', users: ['a', 'b', 'c'] });
  await presence.bindRoute({ gatewayId: 'gateway-1', users: ['c', 'b', 'a'] });
  await assert.rejects(presence.bindRoute({ gatewayId: 'gateway-1', users: ['d'] }), full);
  await assert.rejects(presence.bindRoute({ gatewayId: 'gateway-2', users: ['a'] }), full);
  assert.deepEqual((await presence.queryRoutes({ users: ['d'] })).routes, []);
});

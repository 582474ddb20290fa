import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noProviderError, RpcChannel, RpcProvider, rendezvous, StaticResolver } from '@mpim/mprpc';
import { PresenceServiceRpcDefinition, type Route } from '@mpim/protocol';
import { RouteFinder } from '../../src/push/route-finder.ts';

/** A presence instance that knows these routes, and records who was asked for. */
async function startPresence(id: string, routes: Route[]) {
  const asked: string[] = [];
  const provider = new RpcProvider();
  provider.notifyService(PresenceServiceRpcDefinition, {
    bindRoute: () => ({}),
    unbindRoute: () => ({}),
    queryRoutes({ users }) {
      asked.push(...users);
      return { routes: routes.filter((route) => users.includes(route.user)) };
    },
  });
  return { id, asked, provider, address: { id, ...(await provider.run()) } };
}

const users = ['ann', 'bob', 'cat', 'dan', 'eve', 'fay', 'gus', 'hal'];
const routes = [
  ...users.map((user) => ({ user, gatewayId: 'g1' })),
  { user: 'ann', gatewayId: 'g2' },
].filter(({ user }) => user !== 'hal');

/** Like discovery, it says that nobody provides a service by an error. */
class Registry extends StaticResolver {
  override resolve(service: string, method = '') {
    const instances = super.resolve(service);
    if (instances.length === 0) throw noProviderError(service, method);
    return instances;
  }
}

async function open(gateways = ['g1', 'g2', 'g3']) {
  const instances = [await startPresence('p1', routes), await startPresence('p2', routes)];
  const resolver = new Registry({
    PresenceServiceRpc: instances.map((instance) => instance.address),
    GatewayServiceRpc: gateways.map((id) => ({ id, host: '127.0.0.1', port: 1 })),
  });
  const channel = new RpcChannel({ resolver });
  const errors: unknown[] = [];
  const finder = new RouteFinder({
    presence: channel.client(PresenceServiceRpcDefinition),
    resolver,
    deadlineMs: 1_000,
    onUnavailable: (error) => errors.push(error),
  });
  return {
    instances,
    resolver,
    errors,
    find: async () => Object.fromEntries(await finder.find(users)),
    async [Symbol.asyncDispose]() {
      await channel.close();
      await Promise.all(instances.map((instance) => instance.provider.close()));
    },
  };
}

test('each user is asked for at the instance that the hash gives', async () => {
  await using system = await open();
  const found = await system.find();
  assert.deepEqual(found.g1?.toSorted(), users.slice(0, -1));
  assert.deepEqual(found.g2, ['ann']);
  assert.equal(found.g3, undefined);
  for (const { id, asked } of system.instances) {
    const own = users.filter((user) => rendezvous(user, ['p1', 'p2']) === id);
    assert.deepEqual(asked.toSorted(), own);
    assert.ok(own.length > 0);
  }
});

test('the users of an instance that is gone are looked for at every gateway', async () => {
  await using system = await open();
  await system.instances[0]?.provider.close();
  const lost = users.filter((user) => rendezvous(user, ['p1', 'p2']) === 'p1');
  const found = await system.find();
  assert.deepEqual(found.g3?.toSorted(), lost);
  for (const user of lost) assert.ok(found.g1?.includes(user) && found.g2?.includes(user));
  assert.equal(system.errors.length, 1);
});

test('without presence everybody is looked for everywhere', async () => {
  await using system = await open();
  system.resolver.set('PresenceServiceRpc', []);
  assert.deepEqual(await system.find(), { g1: users, g2: users, g3: users });
  system.resolver.set('GatewayServiceRpc', []);
  assert.deepEqual(await system.find(), {}, 'without a gateway nobody is online');
});

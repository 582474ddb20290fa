import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RpcChannel, RpcProvider, type ServiceDefinition } from '@mpim/mprpc';
import { waitFor } from '@mpim/testkit';
import type { ZooKeeperClient } from '@mpim/zookeeper';
import { type Registration, ServiceDiscovery, ServiceRegistry } from '../src/index.ts';
import { connect, startServer } from './support/embedded.ts';

const text = {
  encode: (message: string) => ({ finish: () => Buffer.from(message) }),
  decode: (input: Uint8Array) => Buffer.from(input).toString(),
};

const EchoServiceRpcDefinition = {
  name: 'EchoServiceRpc',
  fullName: 'test.EchoServiceRpc',
  methods: {
    whoAreYou: {
      name: 'WhoAreYou',
      requestType: text,
      requestStream: false,
      responseType: text,
      responseStream: false,
      options: { idempotencyLevel: 'NO_SIDE_EFFECTS' },
    },
  },
} as const satisfies ServiceDefinition;

/** A provider whose answer is its id, announced in the registry. */
async function announce(zk: ZooKeeperClient, id: string) {
  const provider = new RpcProvider();
  provider.notifyService(EchoServiceRpcDefinition, { whoAreYou: () => id });
  const address = await provider.run();
  const [service] = provider.services;
  const registration: Registration = await new ServiceRegistry(zk).register({
    id,
    ...address,
    service: service?.name ?? '',
    methods: service?.methods ?? [],
    adminPort: 0,
    version: '',
    weight: 100,
    zone: '',
    startedAt: Date.now(),
    metadata: {},
  });
  return { provider, registration };
}

test('calls go on while ZooKeeper is away, and providers that come later are found', async () => {
  const first = await startServer();
  const { port } = first;
  await using zk = await connect(first);
  await using own = await connect(first);
  const one = await announce(own, 'one');
  await using _one = one.provider;
  await using discovery = new ServiceDiscovery(zk, { sessionLossGraceMs: 2_000 });
  await using channel = new RpcChannel({ resolver: discovery });
  const { whoAreYou } = channel.client(EchoServiceRpcDefinition);
  assert.equal(await whoAreYou('?'), 'one');

  await first.stop();
  await waitFor(() => zk.state.kind !== 'connected');
  for (let call = 0; call < 20; call++) assert.equal(await whoAreYou('?'), 'one');

  await using second = await startServer(port);
  await waitFor(() => one.registration.state === 'registered');
  await using other = await connect(second);
  const two = await announce(other, 'two');
  await using _two = two.provider;
  await waitFor(async () => (await whoAreYou('?')) === 'two');
});

test('a provider killed without a word is avoided, then gone; its successor is called', async () => {
  await using server = await startServer();
  await using zk = await connect(server);
  const doomed = await connect(server);
  const one = await announce(doomed, 'one');
  await using discovery = new ServiceDiscovery(zk);
  await using channel = new RpcChannel({ resolver: discovery });
  const { whoAreYou } = channel.client(EchoServiceRpcDefinition);
  assert.equal(await whoAreYou('?'), 'one');

  await using own = await connect(server);
  const two = await announce(own, 'two');
  await using _two = two.provider;
  await waitFor(() => discovery.status()[0]?.instances.length === 2);
  await one.provider.close();
  for (let call = 0; call < 20; call++) assert.equal(await whoAreYou('?'), 'two');
  await doomed.close();
  await waitFor(() => discovery.status()[0]?.instances.length === 1);
  assert.equal(await whoAreYou('?'), 'two');
});

test('nobody provides it: the seed answer as a typed error', async () => {
  await using server = await startServer();
  await using zk = await connect(server);
  await using discovery = new ServiceDiscovery(zk);
  await using channel = new RpcChannel({ resolver: discovery });
  const { whoAreYou } = channel.client(EchoServiceRpcDefinition);
  await assert.rejects(whoAreYou('?'), {
    name: 'RpcError',
    code: 'UNAVAILABLE',
    reason: 'NO_PROVIDER',
    message: '/EchoServiceRpc/WhoAreYou is not exist!',
  });
});

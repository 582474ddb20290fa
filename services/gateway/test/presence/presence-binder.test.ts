import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rendezvous } from '@mpim/mprpc';
import { waitFor } from '@mpim/testkit';
import { Neighbours } from '../support/neighbours.ts';
import { RawClient } from '../support/raw-client.ts';
import { instance, startGateway } from '../support/start-gateway.ts';

const RING = 'PresenceServiceRpc';
const USERS = Array.from({ length: 12 }, (_, n) => `user${n}`);

test('users are bound where the ring says, and move with it, and then sync', async () => {
  await using system = await startGateway();
  await using second = await Neighbours.start();
  await using stack = new AsyncDisposableStack();
  const clients: RawClient[] = [];
  for (const user of USERS) {
    system.neighbours.tokens.set(`token-${user}`, user);
    clients.push(stack.use(await RawClient.enter(system.ws, user)));
  }
  const bound = (neighbours: Neighbours) => new Set(neighbours.binds.flatMap(({ users }) => users));
  assert.equal(bound(system.neighbours).size, USERS.length);
  assert.ok(system.neighbours.binds.every(({ gatewayId }) => gatewayId === 'gateway-1'));

  const ids = ['one', 'two'];
  const moving = USERS.filter((user) => rendezvous(user, ids) === 'two');
  system.resolver.set(RING, [
    instance('one', system.neighbours.port),
    instance('two', second.port),
  ]);
  await waitFor(() => bound(second).size === moving.length);
  assert.deepEqual([...bound(second)].sort(), [...moving].sort());
  const movers = clients.filter((_, n) => moving.includes(USERS[n] ?? ''));
  await waitFor(() => movers.every(({ pushes }) => pushes.some(({ $case }) => $case === 'resync')));
});

test('while presence is away clients come in anyway, and sync once they are bound', async () => {
  await using system = await startGateway();
  system.neighbours.tokens.set('token-ann', 'ann');
  system.resolver.set(RING, []);
  await using ann = await RawClient.enter(system.ws, 'ann');
  assert.deepEqual(system.neighbours.binds, []);
  system.resolver.set(RING, [instance('back', system.neighbours.port)]);
  await waitFor(() => system.neighbours.binds.length > 0);
  await waitFor(() => ann.pushes.some(({ $case }) => $case === 'resync'));
});

test('binding that fails is tried again', async () => {
  await using system = await startGateway();
  const { neighbours } = system;
  neighbours.tokens.set('token-ann', 'ann');
  let failing = 2;
  neighbours.beforeBind = () => {
    failing -= 1;
    if (failing >= 0) throw new Error('not now');
  };
  await using _ann = await RawClient.enter(system.ws, 'ann');
  await waitFor(() => neighbours.binds.length === 1);
});

test('a message service that newly appears makes clients sync', async () => {
  await using system = await startGateway();
  system.neighbours.tokens.set('token-ann', 'ann');
  await using ann = await RawClient.enter(system.ws, 'ann');
  system.resolver.set('MessageServiceRpc', [instance('m1', system.neighbours.port)]);
  system.resolver.set('MessageServiceRpc', [
    instance('m1', system.neighbours.port),
    instance('m2', system.neighbours.port),
  ]);
  await waitFor(() => ann.pushes.some(({ $case }) => $case === 'resync'));
});

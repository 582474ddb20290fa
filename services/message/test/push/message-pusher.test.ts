import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RpcChannel, RpcProvider, StaticResolver } from '@mpim/mprpc';
import {
  GatewayServiceRpcDefinition,
  PresenceServiceRpcDefinition,
  type PushRequest,
} from '@mpim/protocol';
import { waitFor } from '@mpim/testkit';
import { Access } from '../../src/access/access.ts';
import { GatewayLanes } from '../../src/push/gateway-lanes.ts';
import { MessagePusher } from '../../src/push/message-pusher.ts';
import { RouteFinder } from '../../src/push/route-finder.ts';
import { Town } from '../support/directories.ts';

/** A gateway that records its pushes; it answers each one when `gate` lets it. */
async function startGateway(id: string) {
  const pushes: PushRequest[] = [];
  const gateway = { id, pushes, gate: Promise.resolve() };
  const provider = new RpcProvider();
  provider.notifyService(GatewayServiceRpcDefinition, {
    async push(request) {
      pushes.push(request);
      await gateway.gate;
      return { delivered: request.users.length };
    },
    closeSession: () => ({ closed: 0 }),
  });
  const address = { id, ...(await provider.run()) };
  return Object.assign(gateway, { provider, address });
}

/** Two gateways and no presence: everything goes to both. */
async function open() {
  const gateways = [await startGateway('g1'), await startGateway('g2')] as const;
  const resolver = new StaticResolver({
    PresenceServiceRpc: [],
    GatewayServiceRpc: gateways.map((gateway) => gateway.address),
  });
  const channel = new RpcChannel({ resolver });
  const town = new Town();
  town.addGroup('g', ['ann', 'bob', 'cat']);
  const counts = { delivered: 0, failed: 0, dropped: 0 };
  const onFailed = (_error: unknown, count: number) => {
    counts.failed += count;
  };
  const onDropped = (count: number) => {
    counts.dropped += count;
  };
  const pusher = new MessagePusher({
    access: new Access(town, town),
    routes: new RouteFinder({
      presence: channel.client(PresenceServiceRpcDefinition),
      resolver,
      deadlineMs: 1_000,
      onUnavailable: () => {},
    }),
    lanes: new GatewayLanes({
      gateways: channel.client(GatewayServiceRpcDefinition),
      deadlineMs: 1_000,
      concurrency: 4,
      capacity: 50,
      onDelivered: () => counts.delivered++,
      onFailed,
      onDropped,
    }),
    concurrency: 4,
    capacity: 50,
    onFailed,
    onDropped,
  });
  return {
    gateways,
    town,
    counts,
    pusher,
    push(seq: number, conversationId = 'group:g') {
      const message = { conversationId, seq, sender: 'ann', clientMsgId: `${seq}` };
      const audience = { kind: 'group', groupId: 'g', askAs: 'ann' } as const;
      pusher.push({ ...message, serverTime: 1, text: 'hi' }, audience, 'conn');
    },
    async [Symbol.asyncDispose]() {
      await channel.close();
      await Promise.all(gateways.map((gateway) => gateway.provider.close()));
    },
  };
}

function seqs(pushes: readonly PushRequest[]) {
  return pushes.map((push) => push.message?.seq);
}

test('a message goes once to each gateway, with everybody in the group', async () => {
  await using system = await open();
  system.push(1);
  await waitFor(() => system.counts.delivered === 2);
  for (const { pushes } of system.gateways) {
    assert.deepEqual(pushes, [
      {
        users: ['ann', 'bob', 'cat'],
        exceptConnectionId: 'conn',
        message: {
          conversationId: 'group:g',
          seq: 1,
          sender: 'ann',
          clientMsgId: '1',
          serverTime: 1,
          content: { text: 'hi' },
        },
      },
    ]);
  }
});

test('a conversation is pushed in order, and a gateway that stalls holds up no other', async () => {
  await using system = await open();
  const [stalled, healthy] = system.gateways;
  const gate = Promise.withResolvers<void>();
  stalled.gate = gate.promise;
  const all = Array.from({ length: 20 }, (_, n) => n + 1);
  for (const seq of all) system.push(seq);
  await waitFor(() => healthy.pushes.length === 20);
  assert.deepEqual(seqs(healthy.pushes), all);
  assert.deepEqual(seqs(stalled.pushes), [1]);
  gate.resolve();
  await waitFor(() => system.counts.delivered === 40);
  assert.deepEqual(seqs(stalled.pushes), all);
});

test('members are read when the push goes out: who has left by then gets nothing', async () => {
  await using system = await open();
  system.push(1);
  system.town.addGroup('g', ['ann', 'cat']);
  await waitFor(() => system.counts.delivered === 2);
  assert.deepEqual(system.gateways[0].pushes[0]?.users, ['ann', 'cat']);
});

test('a gateway that is gone costs its pushes only; they are counted', async () => {
  await using system = await open();
  await system.gateways[0].provider.close();
  for (const seq of [1, 2, 3]) system.push(seq);
  await waitFor(() => system.counts.failed === 3 && system.counts.delivered === 3);
  assert.deepEqual(seqs(system.gateways[1].pushes), [1, 2, 3]);
});

test('what exceeds the queue is dropped and counted', async () => {
  await using system = await open();
  for (let seq = 1; seq <= 60; seq++) system.push(seq);
  assert.equal(system.counts.dropped, 10);
  await waitFor(() => system.counts.delivered === 100);
});

test('draining pushes what waits, but not for ever', async () => {
  await using system = await open();
  system.push(1);
  await system.pusher.drain(5_000);
  assert.equal(system.counts.delivered, 2);
  const gate = Promise.withResolvers<void>();
  for (const gateway of system.gateways) gateway.gate = gate.promise;
  for (const seq of [2, 3]) system.push(seq);
  await system.pusher.drain(50);
  assert.equal(system.pusher.size, 0);
  gate.resolve();
});

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { ServiceDiscovery } from '@mpim/governance';
import { RpcChannel } from '@mpim/mprpc';
import { MessageServiceRpcDefinition, type PushRequest } from '@mpim/protocol';
import {
  loadServiceSecrets,
  type RunningService,
  SERVICE_SECRET_FILE,
  startService,
} from '@mpim/service-kit';
import { temporaryFolder, waitFor } from '@mpim/testkit';
import { ZooKeeperClient } from '@mpim/zookeeper';
import { ZooKeeperServer } from '@mpim/zookeeper-server';
import { messageService } from '../src/index.ts';
import { Town } from './support/directories.ts';
import {
  gatewayNeighbour,
  groupNeighbour,
  presenceNeighbour,
  userNeighbour,
} from './support/neighbours.ts';

/** ZooKeeper, the message service and small neighbours that all register there; a channel that finds them. */
async function startSystem() {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(await temporaryFolder());
  const zookeeper = stack.use(await ZooKeeperServer.start());
  const town = new Town();
  for (const user of ['ann', 'bob', 'cat']) town.users.add(user);
  town.addGroup('g1', ['ann', 'bob']);
  const routes = new Map<string, string[]>();
  const pushes: PushRequest[] = [];
  const secrets = loadServiceSecrets(folder.path);
  const settings = (name: string) => ({
    zookeeper: zookeeper.connectString,
    dataDir: join(folder.path, name),
    serviceSecretFile: join(folder.path, SERVICE_SECRET_FILE),
    logLevel: 'silent' as const,
  });
  const start = {
    message: () => startService(messageService, { ...settings('message'), callDeadlineMs: 1_000 }),
    user: () => startService(userNeighbour(town), settings('user')),
    group: () => startService(groupNeighbour(town), settings('group')),
    presence: () => startService(presenceNeighbour(routes), settings('presence')),
    gateway: () => startService(gatewayNeighbour(pushes), settings('gateway')),
  };
  const up = async (name: keyof typeof start): Promise<RunningService> => {
    const running = stack.use(await start[name]());
    await running.registered;
    return running;
  };
  const zk = await ZooKeeperClient.connect({ connectString: zookeeper.connectString });
  stack.defer(() => zk.close());
  const discovery = stack.use(new ServiceDiscovery(zk));
  const channel = new RpcChannel({ resolver: discovery, authentication: { secret: secrets.own } });
  stack.defer(() => channel.close());
  const messages = channel.client(MessageServiceRpcDefinition);
  let sent = 0;
  return {
    town,
    routes,
    pushes,
    up,
    messages,
    send: (sender: string, conversationId: string, text: string) =>
      messages.sendMessage({
        sender,
        conversationId,
        content: { text },
        clientMsgId: `id-${sent++}`,
        connectionId: `of-${sender}`,
      }),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

test('a message goes from one user to the other: stored, pushed, synced, read', async () => {
  await using system = await startSystem();
  await Promise.all((['message', 'user', 'group', 'presence'] as const).map(system.up));
  const gateway = await system.up('gateway');
  for (const user of ['ann', 'bob']) system.routes.set(user, [gateway.instanceId]);
  const { messages, pushes } = system;

  const answer = await system.send('ann', 'dm:ann:bob', 'hello');
  assert.equal(answer.seq, 1);
  await waitFor(() => pushes.length === 1);
  assert.deepEqual(pushes[0]?.users, ['ann', 'bob']);
  assert.equal(pushes[0]?.exceptConnectionId, 'of-ann');
  assert.equal(pushes[0]?.message?.serverTime, answer.serverTime);

  await system.send('bob', 'group:g1', 'to all');
  const { conversations } = await messages.sync({ user: 'bob' });
  assert.deepEqual(
    conversations.map(({ conversationId, name, lastSeq, readSeq }) => [
      conversationId,
      name,
      lastSeq,
      readSeq,
    ]),
    [
      ['group:g1', 'group g1', 1, 1],
      ['dm:ann:bob', '', 1, 0],
    ],
  );
  assert.equal(conversations[1]?.messages[0]?.content?.text, 'hello');

  const place = { user: 'bob', conversationId: 'dm:ann:bob' };
  assert.deepEqual(await messages.markRead({ ...place, seq: 5 }), { readSeq: 1 });
  const page = await messages.getHistory(place);
  assert.deepEqual([page.lastSeq, page.messages.length], [1, 1]);
  assert.deepEqual(await messages.getHead({ conversationId: 'group:g1' }), { lastSeq: 1 });
  await assert.rejects(messages.getHistory({ ...place, user: 'cat' }), {
    code: 'PERMISSION_DENIED',
  });
  await assert.rejects(messages.markRead({ ...place, user: 'cat', seq: 1 }), {
    code: 'PERMISSION_DENIED',
  });
});

test('neighbours that are away cost what needs them, and nothing after they are back', async () => {
  await using system = await startSystem();
  await system.up('message');
  await assert.rejects(system.send('ann', 'dm:ann:bob', 'who is bob?'), {
    code: 'UNAVAILABLE',
    message: '/UserServiceRpc/FindUsers is not exist!',
  });
  await assert.rejects(system.messages.sync({ user: 'ann' }), { code: 'UNAVAILABLE' });

  await system.up('user');
  await waitFor(() => system.send('ann', 'dm:ann:bob', 'there you are'));
  await system.up('group');
  const synced = await waitFor(() => system.messages.sync({ user: 'bob' }));
  assert.equal(synced.conversations.length, 2);

  // No presence: every gateway is asked to push.
  const gateways = [await system.up('gateway'), await system.up('gateway')];
  await waitFor(async () => {
    system.pushes.length = 0;
    await system.send('bob', 'group:g1', 'anybody?');
    return waitFor(() => system.pushes.length === gateways.length, { timeoutMs: 500 });
  });
});

test('what was acknowledged is there after a restart, and a resend finds it', async () => {
  await using system = await startSystem();
  await system.up('user');
  const first = await system.up('message');
  const send = (n: number) =>
    system.messages.sendMessage({
      sender: 'ann',
      conversationId: 'dm:ann:bob',
      clientMsgId: `${n}`,
      content: { text: `${n}` },
    });
  const all = Array.from({ length: 50 }, (_, n) => n);
  const before = await Promise.all(all.map(send));
  await first.stop();
  await system.up('message');
  await waitFor(() => send(0));
  assert.deepEqual(await Promise.all(all.map(send)), before);
  assert.deepEqual(
    before.map((answer) => answer.seq),
    all.map((n) => n + 1),
  );
});

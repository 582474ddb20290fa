import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { MpimClient } from '@mpim/client';
import { ServiceDiscovery } from '@mpim/governance';
import { RpcChannel } from '@mpim/mprpc';
import { PresenceServiceRpcDefinition } from '@mpim/protocol';
import { groupService } from '@mpim/service-group';
import {
  loadServiceSecrets,
  type RunningService,
  SERVICE_SECRET_FILE,
  startService,
} from '@mpim/service-kit';
import { messageService } from '@mpim/service-message';
import { presenceService } from '@mpim/service-presence';
import { userService } from '@mpim/service-user';
import { temporaryFolder, waitFor } from '@mpim/testkit';
import { ZooKeeperClient } from '@mpim/zookeeper';
import { ZooKeeperServer } from '@mpim/zookeeper-server';
import { gatewayService } from '../src/index.ts';

const PASSWORD = 'a long enough password';

describe('a whole system behind two gateways', () => {
  const stack = new AsyncDisposableStack();
  const gateways: string[] = [];
  let zookeeper: ZooKeeperServer;
  let secret: string;
  let startMessages: () => Promise<RunningService>;
  let startPresence: () => Promise<RunningService>;
  let messages: RunningService;
  let presence: RunningService;

  before(async () => {
    const folder = stack.use(await temporaryFolder());
    zookeeper = stack.use(await ZooKeeperServer.start());
    secret = loadServiceSecrets(folder.path).own;
    const settings = (name: string) => ({
      zookeeper: zookeeper.connectString,
      dataDir: join(folder.path, name),
      serviceSecretFile: join(folder.path, SERVICE_SECRET_FILE),
      logLevel: 'silent' as const,
      drainTimeoutMs: 500,
    });
    startMessages = () => startService(messageService, settings('message'));
    startPresence = () => startService(presenceService, settings('presence'));
    stack.use(await startService(userService, settings('user')));
    stack.use(await startService(groupService, settings('group')));
    messages = await startMessages();
    presence = await startPresence();
    stack.defer(() => messages.stop());
    stack.defer(() => presence.stop());
    for (const name of ['gateway-a', 'gateway-b']) {
      const running = stack.use(
        await startService(gatewayService, { ...settings(name), gatewayPort: 0 }),
      );
      gateways.push(`ws://127.0.0.1:${running.metadata.httpPort}`);
      await running.registered;
    }
  });
  after(() => stack.disposeAsync());

  const enter = async (user: string, gatewayIndex: number, device = 'test') => {
    const gateway = gateways[gatewayIndex] ?? '';
    await MpimClient.register({ gateway, user, password: PASSWORD }).catch((error) => {
      if (error.code !== 'ALREADY_EXISTS') throw error;
    });
    const { token } = await MpimClient.login({ gateway, user, password: PASSWORD, device });
    const client = new MpimClient({ gateway, token, syncIntervalMs: 60_000, reconnectMinMs: 20 });
    stack.defer(() => client.close());
    const seen: string[] = [];
    const note = (message: {
      conversationId: string;
      seq: number;
      content?: { text: string } | undefined;
    }) => seen.push(`${message.conversationId}/${message.seq} ${message.content?.text}`);
    client.on('message', note);
    client.on('sent', note);
    await client.start();
    return { client, seen };
  };

  test('messages reach users at another gateway and own devices by push, not by sync', async () => {
    const ann = await enter('ann', 0);
    const ann2 = await enter('ann', 1, 'second');
    const bob = await enter('bob', 1);
    const began = performance.now();
    await ann.client.send('dm:ann:bob', 'one');
    await bob.client.send('dm:ann:bob', 'two');
    const both = ['dm:ann:bob/1 one', 'dm:ann:bob/2 two'];
    for (const { seen } of [ann, ann2, bob]) await waitFor(() => seen.length === 2);
    for (const { seen } of [ann, ann2, bob]) assert.deepEqual(seen, both);
    // The clients sync once a minute only: what came this soon was pushed.
    assert.ok(performance.now() - began < 5_000);
    await assert.rejects(ann.client.send('dm:ann:nobody', 'x'), { code: 'NOT_FOUND' });
    await assert.rejects(bob.client.send('dm:ann:eve', 'x'), { code: 'PERMISSION_DENIED' });
    await assert.rejects(bob.client.history('dm:ann:eve'), { code: 'PERMISSION_DENIED' });
  });

  test('a group: create, join, talk, list, leave', async () => {
    const cat = await enter('cat', 0);
    const dan = await enter('dan', 1);
    const { group, conversationId } = await cat.client.createGroup('Readers');
    await cat.client.send(conversationId, 'before dan');
    const joined = await dan.client.joinGroup(group.groupId);
    assert.equal(joined.joinedSeq, 1);
    await cat.client.send(conversationId, 'welcome');
    await waitFor(() => dan.seen.length === 1);
    assert.deepEqual(dan.seen, [`${conversationId}/2 welcome`]);
    assert.equal((await dan.client.history(conversationId)).length, 2);
    const members = (await dan.client.members(group.groupId)).map(({ user }) => user).sort();
    assert.deepEqual(members, ['cat', 'dan']);
    assert.equal(dan.client.conversations[0]?.title, 'Readers');
    await dan.client.leaveGroup(group.groupId);
    await assert.rejects(dan.client.send(conversationId, 'x'), { code: 'PERMISSION_DENIED' });
    await cat.client.send(conversationId, 'dan is gone');
    assert.equal(dan.seen.length, 1);
  });

  test('logging out ends the connection within a second, everywhere', async () => {
    const first = await enter('eve', 0);
    const gateway = gateways[1] ?? '';
    const same = new MpimClient({ gateway, token: first.client.token ?? '' });
    stack.defer(() => same.close());
    await same.start();
    const began = performance.now();
    await first.client.logout();
    const state = await waitFor(() => (same.state.kind === 'closed' ? same.state : undefined));
    assert.ok(performance.now() - began < 1_000);
    assert.equal(state.reason, 'session-revoked');
    const again = new MpimClient({ gateway, token: first.client.token ?? '' });
    await assert.rejects(again.start(), { code: 'UNAUTHENTICATED' });
  });

  test('routes are bound again after the registration of a gateway was lost', async () => {
    const hal = await enter('hal', 0);
    const zk = await ZooKeeperClient.connect({ connectString: zookeeper.connectString });
    stack.defer(() => zk.close());
    const discovery = stack.use(new ServiceDiscovery(zk));
    const channel = new RpcChannel({ resolver: discovery, authentication: { secret } });
    stack.defer(() => channel.close());
    const routes = async () => {
      const users = { users: ['hal'] };
      return (await channel.client(PresenceServiceRpcDefinition).queryRoutes(users)).routes;
    };
    const [route] = await routes();
    assert.ok(route);
    const path = `/services/GatewayServiceRpc/${route.gatewayId}`;
    const before = await zk.exists(path);
    assert.ok(before);
    zookeeper.expireSession(before.ephemeralOwner);
    await waitFor(async () => {
      const now = await zk.exists(path);
      return now !== null && now.ephemeralOwner !== before.ephemeralOwner;
    });
    await waitFor(async () => (await routes()).length === 1, { what: 'the route of hal' });
    assert.equal(hal.client.state.kind, 'online');
  });

  test('nothing acknowledged is lost or doubled while message and presence are replaced', async () => {
    const fay = await enter('fay', 0);
    const gus = await enter('gus', 1);
    const acked: Promise<unknown>[] = [];
    const say = (from: typeof fay, text: string) =>
      acked.push(from.client.send('dm:fay:gus', text));
    for (let n = 0; n < 10; n += 1) say(n % 2 === 0 ? fay : gus, `early ${n}`);
    await messages.stop();
    for (let n = 0; n < 10; n += 1) say(n % 2 === 0 ? fay : gus, `meanwhile ${n}`);
    messages = await startMessages();
    await presence.stop();
    presence = await startPresence();
    for (let n = 0; n < 10; n += 1) say(n % 2 === 0 ? fay : gus, `late ${n}`);
    await Promise.all(acked);
    for (const { seen } of [fay, gus]) {
      await waitFor(() => seen.length === 30, { what: `30 messages, not ${seen.length}` });
    }
    assert.deepEqual(fay.seen, gus.seen);
    assert.deepEqual(
      fay.seen.map((line) => Number(/\/(\d+)/.exec(line)?.[1])),
      Array.from({ length: 30 }, (_, n) => n + 1),
    );
  });
});

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { waitFor } from '@mpim/testkit';
import { MpimClient } from '../src/index.ts';
import { FakeGateway, failure } from './support/fake-gateway.ts';
import { record } from './support/record.ts';

const DM = 'dm:alice:bob';

describe('MpimClient', () => {
  const open: AsyncDisposable[] = [];
  const gatewayFor = async (...users: string[]) => {
    const gateway = await FakeGateway.start(users);
    open.push(gateway);
    return gateway;
  };
  const recordAt = (...args: Parameters<typeof record>) => {
    const recording = record(...args);
    open.push(recording.client);
    return recording;
  };
  after(async () => {
    for (const one of open.reverse()) await one[Symbol.asyncDispose]();
  });

  test('delivers what is unread on start, then live messages and own sends, in order', async () => {
    const gateway = await gatewayFor('alice', 'bob');
    gateway.post(DM, 'bob', 'one');
    gateway.store.open(DM, ['alice', 'bob']);
    gateway.post(DM, 'bob', 'two');
    gateway.store.conversations.get(DM)?.readSeq.set('alice', 1);
    const alice = recordAt(gateway, 'alice');
    await alice.client.start();
    assert.deepEqual(alice.events, [`${DM}/2:two`]);
    assert.equal(alice.client.conversations[0]?.unread, 1);
    const sent = await alice.client.send(alice.client.directConversation('Bob'), 'three');
    assert.equal(sent.seq, 3);
    gateway.post(DM, 'bob', 'four');
    await waitFor(() => alice.events.length === 3);
    assert.deepEqual(alice.events.slice(1), [`${DM}/3:three!`, `${DM}/4:four`]);
    const [summary] = alice.client.conversations;
    assert.equal(summary?.title, 'bob');
    assert.equal(summary?.unread, 1);
    await alice.client.markRead(DM, 4);
    assert.equal(alice.client.conversations[0]?.unread, 0);
    assert.deepEqual(
      alice.states.map(({ kind }) => kind),
      ['syncing', 'online'],
    );
  });

  test('a push before the first sync neither hides nor doubles older messages', async () => {
    const gateway = await gatewayFor('alice', 'bob');
    gateway.store.open(DM, ['alice', 'bob']);
    for (let n = 1; n <= 3; n += 1) gateway.post(DM, 'bob', `m${n}`);
    gateway.store.conversations.get(DM)?.readSeq.set('alice', 1);
    gateway.onRequest = (request, connection) => {
      if (request.$case !== 'sync') return undefined;
      gateway.onRequest = () => undefined;
      const message = gateway.store.append(DM, 'bob', 'late', 'm4');
      gateway.write(connection, 0, { $case: 'delivery', value: { message } });
      return failure('UNAVAILABLE', 'not yet', true);
    };
    const alice = recordAt(gateway, 'alice');
    await alice.client.start();
    assert.deepEqual(
      alice.events,
      [2, 3, 4].map((n) => `${DM}/${n}:m${n}`),
    );
  });

  test('a long backlog is pulled page by page before start resolves', async () => {
    const gateway = await gatewayFor('alice', 'bob');
    gateway.store.open(DM, ['alice', 'bob']);
    for (let n = 1; n <= 230; n += 1) gateway.post(DM, 'bob', `m${n}`);
    gateway.store.syncLimit = 0;
    const alice = recordAt(gateway, 'alice');
    await alice.client.start();
    assert.equal(alice.events.length, 230);
  });

  test('a send whose ack is lost is repeated after the reconnect and comes out once', async () => {
    const gateway = await gatewayFor('alice', 'bob');
    const alice = recordAt(gateway, 'alice');
    await alice.client.start();
    let lost = 0;
    gateway.onRequest = (request, connection) => {
      if (request.$case !== 'send' || lost === 2) return undefined;
      lost += 1;
      const { conversationId, clientMsgId, content } = request.value;
      gateway.store.append(conversationId, 'alice', clientMsgId, content?.text ?? '');
      gateway.store.open(conversationId, ['alice', 'bob']);
      connection.socket.terminate();
      return 'drop';
    };
    const texts = ['a', 'b', 'c', 'd'];
    const stored = await Promise.all(texts.map((text) => alice.client.send(DM, text)));
    assert.deepEqual(
      stored.map(({ seq, content }) => `${seq}${content?.text}`),
      ['1a', '2b', '3c', '4d'],
    );
    assert.deepEqual(
      alice.events,
      texts.map((text, i) => `${DM}/${i + 1}:${text}!`),
    );
    assert.equal(alice.client.pending.length, 0);
  });

  test('a send counts as acknowledged when it shows up in its conversation', async () => {
    const gateway = await gatewayFor('alice', 'bob');
    const alice = recordAt(gateway, 'alice');
    await alice.client.start();
    gateway.onRequest = (request, connection) => {
      if (request.$case !== 'send') return undefined;
      const { conversationId, clientMsgId, content } = request.value;
      gateway.store.append(conversationId, 'alice', clientMsgId, content?.text ?? '');
      connection.socket.terminate();
      gateway.onRequest = ({ $case }) => ($case === 'send' ? 'drop' : undefined);
      return 'drop';
    };
    const stored = await alice.client.send(DM, 'seen by the sync');
    assert.equal(stored.seq, 1);
    assert.deepEqual(alice.events, [`${DM}/1:seen by the sync!`]);
    assert.equal(alice.client.pending.length, 0);
  });

  test('a refused send fails with the code and does not stop the next one', async () => {
    const gateway = await gatewayFor('alice');
    const alice = recordAt(gateway, 'alice');
    await alice.client.start();
    gateway.onRequest = (request) =>
      request.$case === 'send' && request.value.conversationId === 'dm:alice:nobody'
        ? failure('NOT_FOUND', 'no such user', false)
        : undefined;
    await assert.rejects(alice.client.send('dm:alice:nobody', 'x'), { code: 'NOT_FOUND' });
    await assert.rejects(alice.client.send('nonsense', 'x'), { code: 'INVALID_ARGUMENT' });
    await assert.rejects(alice.client.send(DM, 'é'.repeat(5000)), { code: 'INVALID_ARGUMENT' });
    assert.equal((await alice.client.send(DM, 'fine')).seq, 1);
  });

  test('a hole that cannot be pulled is an error and is closed by a later sync, never skipped', async () => {
    const gateway = await gatewayFor('alice', 'bob');
    gateway.store.open(DM, ['alice', 'bob']);
    const alice = recordAt(gateway, 'alice', { syncIntervalMs: 50 });
    await alice.client.start();
    let refusing = true;
    gateway.onRequest = (request) =>
      refusing && (request.$case === 'history' || request.$case === 'sync')
        ? failure('FAILED_PRECONDITION', 'broken', false)
        : undefined;
    gateway.onPush = () => {};
    gateway.post(DM, 'bob', 'm1');
    gateway.onPush = (push) => push();
    gateway.post(DM, 'bob', 'm2');
    await waitFor(() => alice.errors.some(({ code }) => code === 'HOLE'));
    assert.deepEqual(alice.events, []);
    refusing = false;
    await waitFor(() => alice.events.length === 2);
    assert.deepEqual(alice.events, [`${DM}/1:m1`, `${DM}/2:m2`]);
  });

  test('a dead peer is noticed by the missing pong, and the client comes back', async () => {
    const gateway = await gatewayFor('alice');
    gateway.pingIntervalMs = 20;
    const alice = recordAt(gateway, 'alice');
    await alice.client.start();
    gateway.onRequest = (request) => (request.$case === 'ping' ? 'drop' : undefined);
    await waitFor(() => alice.states.some(({ kind }) => kind === 'offline'));
    gateway.onRequest = () => undefined;
    await waitFor(() => alice.client.state.kind === 'online');
  });

  test('an unknown token and a revoked session close for good, without a reconnect', async () => {
    const gateway = await gatewayFor('alice');
    const stranger = recordAt(gateway, 'nobody');
    await assert.rejects(stranger.client.start(), { code: 'UNAUTHENTICATED' });
    assert.equal(stranger.client.state.kind, 'closed');
    const alice = recordAt(gateway, 'alice');
    await alice.client.start();
    gateway.broadcast({ $case: 'goodbye', value: { reason: 'session-revoked' } });
    await waitFor(() => alice.client.state.kind === 'closed');
    assert.equal(alice.states.at(-1)?.kind, 'closed');
    await assert.rejects(alice.client.send(DM, 'x'), { code: 'UNAUTHENTICATED' });
    await assert.rejects(alice.client.members('g1'), { code: 'UNAUTHENTICATED' });
    assert.equal(gateway.requests.filter(({ $case }) => $case === 'hello').length, 2);
  });

  test('a draining gateway finishes what was asked, and the client comes back', async () => {
    const gateway = await gatewayFor('alice');
    const alice = recordAt(gateway, 'alice');
    await alice.client.start();
    let answerLater: (() => void) | undefined;
    gateway.onRequest = (request, connection) => {
      if (request.$case !== 'listMembers') return undefined;
      const id = gateway.lastId;
      answerLater = () =>
        gateway.write(connection, id, {
          $case: 'memberList',
          value: { groupId: 'g1', members: [{ user: 'alice', role: 'owner', joinedAt: 1 }] },
        });
      return 'drop';
    };
    const members = alice.client.members('g1');
    const answer = await waitFor(() => answerLater);
    gateway.broadcast({ $case: 'goodbye', value: { reason: 'draining' } });
    answer();
    assert.equal((await members).length, 1);
    const count = (kind: string) => gateway.requests.filter(({ $case }) => $case === kind).length;
    await waitFor(() => count('hello') === 2 && alice.client.state.kind === 'online');
    assert.equal(count('listMembers'), 1);
  });

  test('calls wait for a connection and survive a cut', async () => {
    const gateway = await gatewayFor('alice', 'bob');
    const alice = recordAt(gateway, 'alice');
    await alice.client.start();
    let cut = false;
    gateway.onRequest = (request) => {
      if (request.$case !== 'createGroup' || cut) return undefined;
      cut = true;
      gateway.cut();
      return 'drop';
    };
    const { group, conversationId } = await alice.client.createGroup('Friends');
    const requests = gateway.requests.flatMap((request) =>
      request.$case === 'createGroup' ? [request.value.requestId] : [],
    );
    assert.equal(requests.length, 2);
    assert.equal(new Set(requests).size, 1);
    assert.equal(alice.client.conversations[0]?.title, 'Friends');
    const bob = recordAt(gateway, 'bob');
    await bob.client.start();
    await bob.client.joinGroup(group.groupId);
    await alice.client.send(conversationId, 'hi');
    await waitFor(() => bob.events.length === 1);
    assert.equal((await bob.client.members(group.groupId)).length, 2);
    assert.equal((await bob.client.history(conversationId)).length, 1);
    await bob.client.leaveGroup(group.groupId);
    assert.deepEqual(bob.client.conversations, []);
  });

  test('a Resync makes the client fetch what it was not pushed; a group joined elsewhere appears', async () => {
    const gateway = await gatewayFor('alice', 'bob');
    const alice = recordAt(gateway, 'alice');
    await alice.client.start();
    gateway.onPush = () => {};
    gateway.store.open('group:team', ['alice', 'bob'], 'Team');
    gateway.post('group:team', 'bob', 'one');
    gateway.broadcast({ $case: 'resync', value: {} });
    await waitFor(() => alice.events.length === 1);
    assert.deepEqual(alice.events, ['group:team/1:one']);
    assert.equal(alice.client.conversations[0]?.title, 'Team');
  });

  test('another user cannot pass a message off as one of ours', async () => {
    const gateway = await gatewayFor('alice', 'bob');
    const alice = recordAt(gateway, 'alice');
    await alice.client.start();
    gateway.store.open(DM, ['alice', 'bob']);
    gateway.onRequest = (request, connection) => {
      if (request.$case !== 'send') return undefined;
      gateway.onRequest = () => undefined;
      const message = gateway.store.append(DM, 'bob', request.value.clientMsgId, 'forged');
      gateway.write(connection, 0, { $case: 'delivery', value: { message } });
      return undefined;
    };
    const sent = await alice.client.send(DM, 'real');
    assert.equal(sent.seq, 2);
    assert.deepEqual(alice.events, [`${DM}/1:forged`, `${DM}/2:real!`]);
  });

  test('register, login with credentials and logout go over HTTP', async () => {
    const gateway = await gatewayFor();
    const account = { gateway: gateway.address, user: 'carol', password: 'secret-carol' };
    await assert.rejects(MpimClient.register(account), { code: 'ALREADY_EXISTS' });
    await assert.rejects(MpimClient.login({ ...account, password: 'wrong' }), {
      code: 'UNAUTHENTICATED',
      retryable: false,
    });
    const client = new MpimClient({ gateway: gateway.address, credentials: account });
    await client.start();
    assert.equal(client.user, 'carol');
    assert.equal(client.token, 'token-carol');
    await client.logout();
    assert.equal(client.state.kind === 'closed' && client.state.reason, 'logged-out');
    assert.equal(gateway.tokens.size, 0);
    await assert.rejects(MpimClient.login({ ...account, gateway: 'ws://127.0.0.1:1' }), {
      code: 'UNAVAILABLE',
      retryable: true,
    });
  });

  test('while the gateway is away the client is offline with a time, and close ends the wait', async () => {
    const client = new MpimClient({ gateway: 'ws://127.0.0.1:1', token: 't' });
    const started = client.start();
    const pending = client.send(DM, 'kept');
    await waitFor(() => client.state.kind === 'offline');
    assert.ok(client.state.kind === 'offline' && client.state.retryAt > Date.now() - 1000);
    await client.close();
    await assert.rejects(started, { code: 'CLOSED' });
    await assert.rejects(pending, { code: 'CLOSED' });
  });
});

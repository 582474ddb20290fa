import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Child, waitFor } from '@mpim/testkit';
import { startMpim } from '../mpim.ts';

type Support = typeof import('../../../../packages/client/test/support/fake-gateway.ts');
type FakeGateway = Awaited<ReturnType<Support['FakeGateway']['start']>>;

// The SDK's own gateway for tests: it speaks the real envelope, and misbehaves on request.
const support = '../../../../packages/client/test/support/fake-gateway.ts';
const { FakeGateway, failure }: Support = await import(support);

interface Event {
  type: string;
  seq?: number;
  code?: string;
  command?: string;
  text?: string;
  groupId?: string;
  [field: string]: unknown;
}

function startChat(gateway: FakeGateway, user = 'alice', password = `secret-${user}`): Child {
  const args = ['chat', '--gateway', gateway.address, '--user', user, '--json'];
  return startMpim(args, { env: { MPIM_PASSWORD: password } });
}

function events(chat: Child, type?: string): Event[] {
  const all = chat.stdout.map((line) => JSON.parse(line) as Event);
  return type === undefined ? all : all.filter((event) => event.type === type);
}

test('commands in order, events in the order of seq, a clean end', async () => {
  await using gateway = await FakeGateway.start(['alice', 'bob']);
  await using chat = startChat(gateway);
  for (const line of [
    '/msg bob one',
    '/msg BOB two 你好',
    '/group create tea',
    'plain words',
    '/history bob 1',
  ]) {
    chat.writeLine(line);
  }
  chat.process.stdin?.end();
  assert.equal(await chat.exit, 0);

  const shown = events(chat).filter(({ type }) => type !== 'state');
  assert.deepEqual(
    shown.map(({ type }) => type),
    ['ready', 'sent', 'sent', 'group', 'error', 'history'],
  );
  const [ready, one, two, group, refused, history] = shown;
  assert.deepEqual(ready, { type: 'ready', user: 'alice', gateway: gateway.address });
  for (const [index, sent] of [one, two].entries()) {
    assert.equal(sent?.conversationId, 'dm:alice:bob');
    assert.equal(sent?.seq, index + 1);
    assert.equal(typeof sent?.clientMsgId, 'string');
    assert.equal(typeof sent?.serverTime, 'number');
  }
  assert.equal(group?.action, 'created');
  assert.equal(group?.name, 'tea');
  assert.equal(group?.conversationId, `group:${group?.groupId}`);
  assert.deepEqual([refused?.code, refused?.command], ['INVALID_ARGUMENT', 'plain words']);
  assert.deepEqual(history?.messages, [
    {
      seq: 2,
      from: 'alice',
      text: 'two 你好',
      clientMsgId: two?.clientMsgId,
      serverTime: two?.serverTime,
    },
  ]);
});

test('what was shown counts as read: the next start shows only what is new', async () => {
  await using gateway = await FakeGateway.start(['alice', 'bob']);
  gateway.store.open('dm:alice:bob', ['alice', 'bob']);
  gateway.post('dm:alice:bob', 'bob', 'first');
  {
    await using chat = startChat(gateway);
    await chat.waitForLine(/"ready"/);
    gateway.post('dm:alice:bob', 'bob', 'second');
    await chat.waitForLine(/second/);
    chat.writeLine('/quit');
    assert.equal(await chat.exit, 0);
    assert.deepEqual(
      events(chat, 'message').map(({ seq, from, text }) => [seq, from, text]),
      [
        [1, 'bob', 'first'],
        [2, 'bob', 'second'],
      ],
    );
  }
  gateway.post('dm:alice:bob', 'bob', 'third');
  await using again = startChat(gateway);
  again.writeLine('/quit');
  assert.equal(await again.exit, 0);
  assert.deepEqual(
    events(again, 'message').map(({ text }) => text),
    ['third'],
  );
});

test('the end waits for acknowledgements, over a lost connection too', async () => {
  await using gateway = await FakeGateway.start(['alice', 'bob']);
  let lost = 0;
  gateway.onRequest = (request) => {
    if (request.$case !== 'send' || lost > 0) return undefined;
    lost += 1;
    queueMicrotask(() => gateway.cut());
    return 'drop';
  };
  await using chat = startChat(gateway);
  chat.writeLine('/msg bob survives');
  chat.writeLine('/quit');
  assert.equal(await chat.exit, 0);
  assert.equal(lost, 1);
  assert.equal(events(chat, 'sent').length, 1);
  const stored = gateway.store.conversations.get('dm:alice:bob')?.messages ?? [];
  assert.deepEqual(
    stored.map(({ content }) => content?.text),
    ['survives'],
  );
  assert.ok(events(chat, 'state').some(({ state }) => state === 'offline'));
});

test('a refused message is an error that names its line; the others go on', async () => {
  await using gateway = await FakeGateway.start(['alice']);
  gateway.onRequest = (request) =>
    request.$case === 'send' && request.value.conversationId === 'dm:alice:nobody'
      ? failure('NOT_FOUND', 'no such user', false)
      : undefined;
  await using chat = startChat(gateway);
  chat.writeLine('/msg nobody hi');
  chat.writeLine('/msg bob hi');
  chat.writeLine('/quit');
  assert.equal(await chat.exit, 0);
  assert.deepEqual(events(chat, 'error'), [
    { type: 'error', code: 'NOT_FOUND', message: 'no such user', command: '/msg nobody hi' },
  ]);
  assert.equal(events(chat, 'sent').length, 1);
});

test('a wrong password is one explained error and exit code 1', async () => {
  await using gateway = await FakeGateway.start(['alice']);
  await using chat = startChat(gateway, 'alice', 'wrong');
  assert.equal(await chat.exit, 1);
  const [error] = events(chat, 'error');
  assert.equal(error?.code, 'UNAUTHENTICATED');
  assert.match(String(error?.message), /--register/);
  assert.deepEqual(chat.stderr, []);
});

test('ends when the reader of its events has gone', async () => {
  await using gateway = await FakeGateway.start(['alice', 'bob']);
  gateway.store.open('dm:alice:bob', ['alice', 'bob']);
  await using chat = startChat(gateway);
  await chat.waitForLine(/"ready"/);
  chat.process.stdout?.destroy();
  await waitFor(() => {
    gateway.post('dm:alice:bob', 'bob', 'anyone there?');
    return !chat.running;
  });
  assert.equal(await chat.exit, 0);
});

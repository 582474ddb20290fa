import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RpcError } from '@mpim/mprpc';
import type { SendMessageRequest } from '@mpim/protocol';
import { Access } from '../../src/access/access.ts';
import { GroupCommit } from '../../src/sending/group-commit.ts';
import { MessageSender } from '../../src/sending/sender.ts';
import type { AppendOutcome } from '../../src/store/append.ts';
import type { Draft } from '../../src/store/stored-message.ts';
import { Town } from '../support/directories.ts';
import { openStore } from '../support/store.ts';

async function open() {
  const opened = await openStore();
  const town = new Town();
  town.users.add('ann').add('bob');
  town.addGroup('g1', ['ann', 'bob']);
  const pushed: string[] = [];
  const sender = new MessageSender({
    access: new Access(town, town),
    store: opened.store,
    commits: new GroupCommit<Draft, AppendOutcome>({ commit: (d) => opened.store.append(d) }),
    pusher: {
      push: ({ conversationId, seq }, _audience, connection) =>
        pushed.push(`${conversationId} ${seq} ${connection}`),
    },
    maxTextBytes: 100,
    onOutcome: () => {},
  });
  const send = (change: Partial<SendMessageRequest> = {}) =>
    sender.send({
      sender: 'ann',
      conversationId: 'dm:ann:bob',
      clientMsgId: 'c1',
      content: { text: 'hello' },
      connectionId: 'conn',
      ...change,
    });
  return { ...opened, town, pushed, send };
}

test('a send is answered with its place and pushed; so is its repetition', async () => {
  await using system = await open();
  const answer = { conversationId: 'dm:ann:bob', seq: 1, serverTime: 1_000 };
  assert.deepEqual(await system.send(), answer);
  assert.deepEqual(await system.send({ connectionId: 'conn2' }), answer);
  assert.deepEqual(system.pushed, ['dm:ann:bob 1 conn', 'dm:ann:bob 1 conn2']);
});

test('who may write where', async () => {
  await using system = await open();
  for (const [change, code] of [
    [{ sender: 'eve' }, 'PERMISSION_DENIED'],
    [{ conversationId: 'dm:ann:ghost' }, 'NOT_FOUND'],
    [{ conversationId: 'group:g2' }, 'NOT_FOUND'],
    [{ sender: 'eve', conversationId: 'group:g1' }, 'PERMISSION_DENIED'],
  ] as const) {
    await assert.rejects(system.send(change), { code });
  }
  assert.equal((await system.send({ conversationId: 'dm:ann:ann' })).seq, 1);
  assert.equal((await system.send({ clientMsgId: 'c2', conversationId: 'group:g1' })).seq, 1);
  assert.equal(await system.store.lastSeq('dm:ann:ghost'), 0);
});

test('malformed sends are refused and leave nothing behind', async () => {
  await using system = await open();
  const text = (value: string) => ({ content: { text: value } });
  for (const change of [
    { sender: 'Ann' },
    { conversationId: 'dm:bob:ann' },
    { conversationId: '' },
    { clientMsgId: '' },
    { clientMsgId: 'x'.repeat(65) },
    { clientMsgId: 'é' },
    { content: undefined },
    text(''),
    text('é'.repeat(51)),
    text('\ud800'),
    text('a\0b'),
  ]) {
    await assert.rejects(system.send(change), { code: 'INVALID_ARGUMENT' });
  }
  assert.equal((await system.send(text('é'.repeat(50)))).seq, 1);
});

test('one clientMsgId stands for one message', async () => {
  await using system = await open();
  await system.send();
  for (const change of [{ content: { text: 'other' } }, { conversationId: 'group:g1' }]) {
    await assert.rejects(system.send(change), { code: 'ALREADY_EXISTS', message: /c1/ });
  }
  assert.equal(system.pushed.length, 1);
});

test('who has left, or cannot be checked, still learns that an earlier send was stored', async () => {
  await using system = await open();
  const stored = await system.send({ conversationId: 'group:g1' });
  system.town.addGroup('g1', ['bob']);
  assert.deepEqual(await system.send({ conversationId: 'group:g1' }), stored);
  const later = { conversationId: 'group:g1', clientMsgId: 'c2' };
  await assert.rejects(system.send(later), { code: 'PERMISSION_DENIED' });
  system.town.trouble = new RpcError('UNAVAILABLE', 'gone');
  assert.deepEqual(await system.send({ conversationId: 'group:g1' }), stored);
  await assert.rejects(system.send(later), { code: 'UNAVAILABLE' });
});

test('a disk that fails is UNAVAILABLE: the send can be repeated', async () => {
  await using system = await open();
  await system.db.schema.alterTable('messages').renameTo('gone').execute();
  await assert.rejects(system.send(), { code: 'UNAVAILABLE', reason: 'STORAGE' });
  await system.db.schema.alterTable('gone').renameTo('messages').execute();
  assert.equal((await system.send()).seq, 1);
});

test('messages sent without waiting keep their order, though the first takes longer to check', async () => {
  await using system = await open();
  const gate = Promise.withResolvers<void>();
  const { exists } = system.town;
  let asked = 0;
  system.town.exists = async function (user) {
    if (asked++ === 0) await gate.promise;
    return exists.call(this, user);
  };
  const sends = ['c1', 'c2', 'c3'].map((clientMsgId) => system.send({ clientMsgId }));
  const other = await system.send({ clientMsgId: 'c4', conversationId: 'group:g1' });
  assert.equal(other.seq, 1, 'another conversation does not wait');
  gate.resolve();
  const answers = await Promise.all(sends);
  assert.deepEqual(
    answers.map((answer) => answer.seq),
    [1, 2, 3],
  );
});

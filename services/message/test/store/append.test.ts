import assert from 'node:assert/strict';
import { test } from 'node:test';
import { draft, openStore } from '../support/store.ts';

test('one batch gives each conversation its own gapless seqs', async () => {
  await using opened = await openStore();
  const outcomes = await opened.store.append([
    draft('a', '1', 'dm:a:b'),
    draft('c', '1', 'group:g1'),
    draft('b', '1', 'dm:a:b'),
    draft('a', '2', 'group:g1'),
  ]);
  assert.deepEqual(
    outcomes.map((outcome) => outcome.kind === 'stored' && outcome.message.seq),
    [1, 1, 2, 2],
  );
  assert.deepEqual(
    (await opened.store.directHeads('b')).map((head) => [head.conversationId, head.lastSeq]),
    [['dm:a:b', 2]],
  );
  assert.deepEqual(await opened.store.directHeads('c'), []);
  assert.deepEqual([...(await opened.store.readPositions('a'))].sort(), [
    ['dm:a:b', 1],
    ['group:g1', 2],
  ]);
});

test('a repetition gets the first seq and time again, in the same batch and later', async () => {
  let time = 5;
  await using opened = await openStore(() => time);
  const first = await opened.store.append([
    draft('a', 'x', 'dm:a:b'),
    draft('a', 'x', 'dm:a:b'),
    draft('a', 'y', 'dm:a:b'),
  ]);
  time = 6;
  const again = await opened.store.append([draft('a', 'x', 'dm:a:b'), draft('b', 'x', 'dm:a:b')]);
  const facts = [...first, ...again].map(
    (outcome) =>
      outcome.kind === 'stored' && [outcome.message.seq, outcome.message.serverTime, outcome.fresh],
  );
  assert.deepEqual(facts, [
    [1, 5, true],
    [1, 5, false],
    [2, 5, true],
    [1, 5, false],
    [3, 6, true],
  ]);
});

test('a clientMsgId used for something else is a conflict that takes no seq', async () => {
  await using opened = await openStore();
  await opened.store.append([draft('a', 'x', 'dm:a:b', 'one')]);
  const outcomes = await opened.store.append([
    draft('a', 'x', 'dm:a:b', 'two'),
    draft('a', 'x', 'dm:a:c', 'one'),
    draft('a', 'y', 'dm:a:b', 'three'),
  ]);
  assert.deepEqual(
    outcomes.map((outcome) => (outcome.kind === 'stored' ? outcome.message.seq : 'conflict')),
    ['conflict', 'conflict', 2],
  );
  assert.equal(await opened.store.lastSeq('dm:a:c'), 0);
});

test('what fails in the database leaves no seq behind', async () => {
  await using opened = await openStore();
  await opened.store.append([draft('a', '1', 'dm:a:b')]);
  const inTheWay = { conversation_id: 'dm:a:b', seq: 3, sender: 'z', client_msg_id: 'z' };
  await opened.db
    .insertInto('messages')
    .values({ ...inTheWay, server_time: 0, body: '' })
    .execute();
  const two = [draft('a', '2', 'dm:a:b'), draft('a', '3', 'dm:a:b')];
  await assert.rejects(opened.store.append(two), /UNIQUE/);
  assert.equal(await opened.store.lastSeq('dm:a:b'), 1);
  await opened.db.deleteFrom('messages').where('seq', '=', 3).execute();
  const [outcome] = await opened.store.append([draft('a', '3', 'dm:a:b')]);
  assert.equal(outcome?.kind === 'stored' && outcome.message.seq, 2);
});

test('a message to oneself is one conversation with one member', async () => {
  await using opened = await openStore();
  await opened.store.append([draft('a', '1', 'dm:a:a')]);
  assert.equal((await opened.store.directHeads('a')).length, 1);
});

test('text comes back as it was, whatever the script', async () => {
  await using opened = await openStore();
  const text = "Grüße 你好 👩‍👩‍👧 '; drop table messages; --\n\ttab";
  await opened.store.append([draft('a', '1', 'dm:a:b', text)]);
  assert.equal((await opened.store.after('dm:a:b', 0, 1))[0]?.text, text);
});

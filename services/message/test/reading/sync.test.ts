import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RpcError } from '@mpim/mprpc';
import type { Conversation, Cursor } from '@mpim/protocol';
import { sync } from '../../src/reading/sync.ts';
import { Town } from '../support/directories.ts';
import { draft, openStore } from '../support/store.ts';

const LIMITS = { defaultMessages: 3, maxMessages: 10, maxBytes: 1_000 };

async function open(limits = LIMITS) {
  let time = 0;
  const opened = await openStore(() => ++time);
  const town = new Town();
  return {
    ...opened,
    town,
    ask: (user: string, cursors: Cursor[] = [], limit = 0) =>
      sync(opened.store, town, limits, { user, cursors, limit }),
    async say(sender: string, conversationId: string, count = 1, text = 'hi') {
      for (let n = 0; n < count; n++) {
        await opened.store.append([draft(sender, crypto.randomUUID(), conversationId, text)]);
      }
    },
  };
}

function facts(conversation: Conversation | undefined) {
  if (conversation === undefined) return undefined;
  const { lastSeq, readSeq, messages, more } = conversation;
  return { lastSeq, readSeq, seqs: messages.map((message) => message.seq), more };
}

test('a new device gets what is unread, the latest active conversation first', async () => {
  await using system = await open();
  system.town.addGroup('g1', ['ann', 'bob']);
  system.town.addGroup('quiet', ['ann']);
  await system.say('bob', 'dm:ann:bob', 2);
  await system.say('bob', 'group:g1', 5);
  await system.say('eve', 'dm:bob:eve');
  await system.store.markRead([{ user: 'ann', conversationId: 'dm:ann:bob', seq: 1 }]);
  const all = await system.ask('ann');
  assert.deepEqual(
    all.map(({ conversationId, name }) => [conversationId, name]),
    [
      ['group:g1', 'group g1'],
      ['dm:ann:bob', ''],
      ['group:quiet', 'group quiet'],
    ],
  );
  assert.deepEqual(all.map(facts), [
    { lastSeq: 5, readSeq: 0, seqs: [1, 2, 3], more: true },
    { lastSeq: 2, readSeq: 1, seqs: [2], more: false },
    { lastSeq: 0, readSeq: 0, seqs: [], more: false },
  ]);
});

test('a device that knows a conversation gets what is behind its cursor, read or not', async () => {
  await using system = await open();
  await system.say('bob', 'dm:ann:bob', 4);
  await system.store.markRead([{ user: 'ann', conversationId: 'dm:ann:bob', seq: 4 }]);
  const at = (seq: number) => system.ask('ann', [{ conversationId: 'dm:ann:bob', seq }]);
  assert.deepEqual(facts((await at(1))[0]), {
    lastSeq: 4,
    readSeq: 4,
    seqs: [2, 3, 4],
    more: false,
  });
  assert.deepEqual(facts((await at(0))[0]), {
    lastSeq: 4,
    readSeq: 4,
    seqs: [1, 2, 3],
    more: true,
  });
  assert.deepEqual(facts((await at(4))[0]), { lastSeq: 4, readSeq: 4, seqs: [], more: false });
  assert.deepEqual(facts((await at(9))[0]), { lastSeq: 4, readSeq: 4, seqs: [], more: false });
});

test('what was said before joining is read, what came after is not', async () => {
  await using system = await open();
  system.town.addGroup('g1', ['ann'], 0);
  await system.say('ann', 'group:g1', 3);
  system.town.groups.get('g1')?.joinedSeqs.set('bob', 3);
  assert.deepEqual(facts((await system.ask('bob'))[0]), {
    lastSeq: 3,
    readSeq: 3,
    seqs: [],
    more: false,
  });
  await system.say('ann', 'group:g1');
  assert.deepEqual(facts((await system.ask('bob'))[0]), {
    lastSeq: 4,
    readSeq: 3,
    seqs: [4],
    more: false,
  });
});

test('a group that was left is not listed, even to a device with a cursor', async () => {
  await using system = await open();
  system.town.addGroup('g1', ['ann', 'bob']);
  await system.say('bob', 'group:g1');
  system.town.groups.get('g1')?.joinedSeqs.delete('bob');
  assert.deepEqual(await system.ask('bob', [{ conversationId: 'group:g1', seq: 0 }]), []);
});

test('what no longer fits the answer is listed with more, and never by leaving a gap', async () => {
  await using system = await open({ defaultMessages: 10, maxMessages: 10, maxBytes: 250 });
  await system.say('bob', 'dm:ann:bob', 2, 'x'.repeat(100));
  await system.say('cat', 'dm:ann:cat', 3, 'x'.repeat(100));
  await system.say('dan', 'dm:ann:dan', 1, 'x'.repeat(300));
  assert.deepEqual((await system.ask('ann')).map(facts), [
    { lastSeq: 1, readSeq: 0, seqs: [1], more: false },
    { lastSeq: 3, readSeq: 0, seqs: [], more: true },
    { lastSeq: 2, readSeq: 0, seqs: [], more: true },
  ]);
});

test('without the group service there is no answer instead of half of one', async () => {
  await using system = await open();
  await system.say('bob', 'dm:ann:bob');
  system.town.trouble = new RpcError('UNAVAILABLE', '/GroupServiceRpc/ListGroups is not exist!');
  await assert.rejects(system.ask('ann'), { code: 'UNAVAILABLE' });
});

test('malformed requests are refused', async () => {
  await using system = await open();
  await assert.rejects(system.ask('Ann'), { code: 'INVALID_ARGUMENT' });
  await assert.rejects(system.ask('ann', [], -1), { code: 'INVALID_ARGUMENT' });
  const cursors = [{ conversationId: 'dm:ann:bob', seq: -1 }];
  await assert.rejects(system.ask('ann', cursors), { code: 'INVALID_ARGUMENT' });
});

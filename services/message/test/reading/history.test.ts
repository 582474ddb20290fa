import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Access } from '../../src/access/access.ts';
import { history } from '../../src/reading/history.ts';
import { Town } from '../support/directories.ts';
import { draft, openStore } from '../support/store.ts';

const LIMITS = { defaultMessages: 3, maxMessages: 10, maxBytes: 45 };

async function open() {
  const opened = await openStore();
  const town = new Town();
  town.addGroup('g1', ['ann']);
  const tenBytes = Array.from({ length: 8 }, (_, n) =>
    draft('ann', `${n}`, 'dm:ann:bob', 'x'.repeat(10)),
  );
  await opened.store.append([...tenBytes, draft('ann', 'g', 'group:g1')]);
  const access = new Access(town, town);
  return {
    ...opened,
    async page(user: string, conversationId: string, range: object = {}) {
      const request = { user, conversationId, afterSeq: 0, beforeSeq: 0, limit: 0, ...range };
      const { messages, lastSeq } = await history(opened.store, access, LIMITS, request);
      return [messages.map((message) => message.seq), lastSeq];
    },
  };
}

test('pages go back from the end and forward from a hole, always ascending', async () => {
  await using system = await open();
  const page = (range?: object) => system.page('bob', 'dm:ann:bob', range);
  assert.deepEqual(await page(), [[6, 7, 8], 8]);
  assert.deepEqual(await page({ beforeSeq: 6 }), [[3, 4, 5], 8]);
  assert.deepEqual(await page({ beforeSeq: 2 }), [[1], 8]);
  assert.deepEqual(await page({ afterSeq: 1, beforeSeq: 5 }), [[2, 3, 4], 8]);
  assert.deepEqual(await page({ afterSeq: 8 }), [[], 8]);
  assert.deepEqual(await page({ limit: 2 }), [[7, 8], 8]);
});

test('a page of long texts is shorter and stays next to where it was asked for', async () => {
  await using system = await open();
  const page = (range?: object) => system.page('bob', 'dm:ann:bob', { limit: 999, ...range });
  assert.deepEqual(await page(), [[5, 6, 7, 8], 8]);
  assert.deepEqual(await page({ afterSeq: 1 }), [[2, 3, 4, 5], 8]);
});

test('only members read', async () => {
  await using system = await open();
  assert.deepEqual(await system.page('ann', 'group:g1'), [[1], 1]);
  assert.deepEqual(await system.page('ann', 'dm:ann:nobody'), [[], 0]);
  for (const [user, id, code] of [
    ['eve', 'dm:ann:bob', 'PERMISSION_DENIED'],
    ['eve', 'group:g1', 'PERMISSION_DENIED'],
    ['ann', 'group:g2', 'NOT_FOUND'],
    ['ann', 'dm:bob:ann', 'INVALID_ARGUMENT'],
    ['Ann', 'dm:ann:bob', 'INVALID_ARGUMENT'],
  ] as const) {
    await assert.rejects(system.page(user, id), { code });
  }
  for (const range of [{ afterSeq: -1 }, { beforeSeq: -1 }, { limit: -1 }]) {
    await assert.rejects(system.page('bob', 'dm:ann:bob', range), { code: 'INVALID_ARGUMENT' });
  }
});

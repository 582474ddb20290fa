import assert from 'node:assert/strict';
import { test } from 'node:test';
import { draft, openStore } from '../support/store.ts';

const conversationId = 'dm:a:b';

test('a read position moves forward only and never past the last message', async () => {
  await using opened = await openStore();
  await opened.store.append([1, 2, 3, 4].map((n) => draft('a', String(n), conversationId)));
  const mark = (seq: number) => ({ user: 'b', conversationId, seq });
  assert.deepEqual(await opened.store.markRead([mark(0)]), [0]);
  assert.deepEqual(await opened.store.markRead([mark(2)]), [2]);
  assert.deepEqual(await opened.store.markRead([mark(1)]), [2]);
  assert.deepEqual(await opened.store.markRead([mark(99)]), [4]);
});

test('several marks of one user in one batch end at the furthest', async () => {
  await using opened = await openStore();
  await opened.store.append([1, 2, 3].map((n) => draft('a', String(n), conversationId)));
  const marks = [3, 1, 2].map((seq) => ({ user: 'b', conversationId, seq }));
  assert.deepEqual(await opened.store.markRead(marks), [3, 3, 3]);
});

test('an unknown conversation has nothing to read', async () => {
  await using opened = await openStore();
  const marks = [{ user: 'b', conversationId: 'group:none', seq: 7 }];
  assert.deepEqual(await opened.store.markRead(marks), [0]);
  assert.equal((await opened.store.readPositions('b')).size, 0);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitFor } from '@mpim/testkit';
import { ReadMarker } from '../../src/chat/read-marker.ts';

test('marks each conversation once, with the highest seq, soon after', async () => {
  const marks: [string, number][] = [];
  const marker = new ReadMarker({
    markRead: async (conversationId, seq) => {
      marks.push([conversationId, seq]);
    },
  });
  for (let seq = 1; seq <= 5; seq++) marker.note('dm:alice:bob', seq);
  marker.note('group:tea', 3);
  marker.note('group:tea', 2);
  assert.deepEqual(marks, []);
  await waitFor(() => marks.length === 2);
  assert.deepEqual(marks, [
    ['dm:alice:bob', 5],
    ['group:tea', 3],
  ]);
});

test('a mark that failed for now is tried again, a refused one is not', async () => {
  const marks: number[] = [];
  const answers = [
    Object.assign(new Error('away'), { retryable: true }),
    undefined,
    Object.assign(new Error('not a member'), { retryable: false }),
  ];
  const marker = new ReadMarker({
    markRead: async (_, seq) => {
      marks.push(seq);
      const refusal = answers[marks.length - 1];
      if (refusal) throw refusal;
    },
  });
  marker.note('dm:alice:bob', 1);
  await marker.flush();
  assert.deepEqual(marks, [1]);
  await waitFor(() => marks.length === 2, { what: 'the second attempt' });
  marker.note('dm:alice:bob', 2);
  await marker.flush();
  await marker.flush();
  assert.deepEqual(marks, [1, 1, 2]);
});

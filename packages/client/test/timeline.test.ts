import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Message } from '@mpim/protocol';
import fc from 'fast-check';
import { Timeline } from '../src/timeline.ts';

function message(seq: number): Message {
  const content = { text: `${seq}` };
  return { conversationId: 'c', seq, sender: 'a', clientMsgId: `${seq}`, serverTime: 0, content };
}

function takeAll(timeline: Timeline): number[] {
  const seqs: number[] = [];
  for (let next = timeline.take(); next !== undefined; next = timeline.take()) seqs.push(next.seq);
  return seqs;
}

test('what comes in any order and number comes out once, in order, as far as there is no hole', () => {
  fc.assert(
    fc.property(fc.nat(5), fc.array(fc.integer({ min: -1, max: 30 })), (start, seqs) => {
      const timeline = new Timeline('c', start);
      const out: number[] = [];
      for (const seq of seqs) {
        timeline.offer(message(seq));
        out.push(...takeAll(timeline));
      }
      const given = new Set(seqs);
      const expected: number[] = [];
      for (let seq = start + 1; given.has(seq); seq += 1) expected.push(seq);
      assert.deepEqual(out, expected);
      const highest = Math.max(start, ...seqs);
      assert.equal(timeline.head, highest);
      assert.equal(timeline.hole, highest > start + expected.length);
    }),
  );
});

test('keeps a bounded number of early messages, and always the one it waits for', () => {
  const timeline = new Timeline('c', 0);
  for (let seq = 2; seq <= 5000; seq += 1) timeline.offer(message(seq));
  timeline.offer(message(1));
  const out = takeAll(timeline);
  assert.equal(out[0], 1);
  assert.ok(out.length <= 1001);
  assert.ok(timeline.hole);
  for (let seq = out.length + 1; seq <= 5000; seq += 1) {
    timeline.offer(message(seq));
    takeAll(timeline);
  }
  assert.equal(timeline.watermark, 5000);
  assert.equal(timeline.hole, false);
});

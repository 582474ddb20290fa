import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { GroupCommit } from '../../src/sending/group-commit.ts';
import type { AppendOutcome } from '../../src/store/append.ts';
import { type Draft, isRepetition } from '../../src/store/stored-message.ts';
import { openStore } from '../support/store.ts';

const draft: fc.Arbitrary<Draft> = fc.record({
  sender: fc.constantFrom('a', 'b'),
  clientMsgId: fc.constantFrom('1', '2', '3', '4', '5', '6'),
  conversationId: fc.constantFrom('dm:a:b', 'group:g1', 'group:g2'),
  text: fc.constantFrom('x', 'y'),
});

/** A send, a turn of the event loop, or a commit that fails before or after the disk has it. */
const step = fc.oneof(
  { weight: 8, arbitrary: draft },
  { weight: 2, arbitrary: fc.constant('turn' as const) },
  { weight: 1, arbitrary: fc.constantFrom('fail-before' as const, 'fail-after' as const) },
);

type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

test('whatever the order and the failures: gapless, once, and the same answer again', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 8 }), check),
    { numRuns: 60 },
  );
});

async function check(steps: Step[], maxBatch: number): Promise<void> {
  await using opened = await openStore();
  let fault: 'fail-before' | 'fail-after' | undefined;
  const commits = new GroupCommit<Draft, AppendOutcome>({
    maxBatch,
    async commit(drafts) {
      const failing = fault;
      fault = undefined;
      if (failing === 'fail-before') throw new Error('the disk did not take it');
      const outcomes = await opened.store.append(drafts);
      if (failing === 'fail-after') throw new Error('the disk took it, nobody heard');
      return outcomes;
    },
  });
  const sends: { draft: Draft; outcome: Promise<AppendOutcome | undefined> }[] = [];
  for (const next of steps) {
    if (next === 'turn') await nextTurn();
    else if (next === 'fail-before' || next === 'fail-after') fault = next;
    else sends.push({ draft: next, outcome: commits.submit(next).catch(() => undefined) });
  }
  const acknowledged = new Map<string, string>();
  for (const { draft, outcome } of sends) {
    const result = await outcome;
    const stored = await opened.store.find(draft.sender, draft.clientMsgId);
    if (result === undefined) continue;
    assert.ok(stored, 'what was answered is stored');
    assert.equal(isRepetition(draft, stored), result.kind === 'stored');
    if (result.kind === 'conflict') continue;
    const answer = `${result.message.conversationId} ${result.message.seq} ${result.message.serverTime}`;
    const key = `${draft.sender} ${draft.clientMsgId}`;
    assert.equal(answer, acknowledged.get(key) ?? answer, 'the same answer again');
    assert.equal(stored.seq, result.message.seq);
    acknowledged.set(key, answer);
  }
  for (const conversationId of ['dm:a:b', 'group:g1', 'group:g2']) {
    const messages = await opened.store.after(conversationId, 0, 1_000);
    assert.deepEqual(
      messages.map((message) => message.seq),
      messages.map((_, index) => index + 1),
    );
    assert.equal(await opened.store.lastSeq(conversationId), messages.length);
    const ids = messages.map((message) => `${message.sender} ${message.clientMsgId}`);
    assert.equal(new Set(ids).size, ids.length);
  }
}

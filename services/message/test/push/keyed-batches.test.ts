import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitFor } from '@mpim/testkit';
import { KeyedBatches } from '../../src/push/keyed-batches.ts';

/** Records what is handed over; each batch is worked on until it is released. */
function gated(options: { concurrency?: number; capacity?: number; maxBatch?: number } = {}) {
  const started: string[] = [];
  const errors: string[] = [];
  const gates: PromiseWithResolvers<void>[] = [];
  const queue = new KeyedBatches<number>({
    concurrency: 2,
    capacity: 100,
    maxBatch: 10,
    ...options,
    async handle(key, items) {
      started.push(`${key}${items.join()}`);
      const gate = Promise.withResolvers<void>();
      gates.push(gate);
      await gate.promise;
    },
    onError: (_error, key, items) => errors.push(`${key}${items.join()}`),
  });
  return { queue, started, errors, gates };
}

test('one key at a time, in order, gathering what comes meanwhile', async () => {
  const { queue, started, gates } = gated();
  queue.add('a', 1);
  queue.add('b', 1);
  queue.add('a', 2);
  await waitFor(() => started.length === 2);
  queue.add('a', 3);
  queue.add('c', 1);
  queue.add('a', 4);
  assert.equal(queue.size, 3);
  gates[0]?.resolve();
  await waitFor(() => started.length === 3);
  gates[1]?.resolve();
  await waitFor(() => started.length === 4);
  assert.deepEqual(started, ['a1,2', 'b1', 'a3,4', 'c1']);
  for (const gate of gates) gate.resolve();
  await queue.idle();
  assert.ok(queue.isIdle);
});

test('a busy key takes its turn after the others', async () => {
  const { queue, started, gates } = gated({ concurrency: 1, maxBatch: 2 });
  for (const item of [1, 2, 3, 4]) queue.add('a', item);
  queue.add('b', 1);
  for (let done = 0; done < 3; done++) {
    await waitFor(() => started.length > done);
    gates[done]?.resolve();
  }
  await queue.idle();
  assert.deepEqual(started, ['a1,2', 'b1', 'a3,4']);
});

test('what does not fit is refused, what fails does not stop the rest', async () => {
  const { queue, started, errors, gates } = gated({ capacity: 1 });
  assert.ok(queue.add('a', 1));
  assert.ok(!queue.add('b', 1));
  await waitFor(() => started.length === 1);
  assert.ok(queue.add('a', 2));
  gates[0]?.reject(new Error('broken'));
  await waitFor(() => started.length === 2);
  gates[1]?.resolve();
  await queue.idle();
  assert.deepEqual(errors, ['a1']);
  queue.clear();
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RpcError } from '@mpim/mprpc';
import { retryAfterMs } from '@mpim/service-kit';
import { WorkLimit } from '../../src/passwords/work-limit.ts';

/** Work that ends when the test says so. */
function held() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { work: () => promise, finish: resolve };
}

test('no more runs at once than allowed; the others follow in order', async () => {
  const limit = new WorkLimit({ running: 2, waiting: 10 });
  const gates = [held(), held(), held(), held()];
  const started: number[] = [];
  const ended = gates.map((gate, index) =>
    limit.run(() => {
      started.push(index);
      return gate.work();
    }),
  );
  assert.deepEqual(started, [0, 1]);
  assert.equal(limit.waiting, 2);
  gates[1]?.finish();
  await ended[1];
  assert.deepEqual(started, [0, 1, 2]);
  for (const gate of gates) gate.finish();
  await Promise.all(ended);
  assert.deepEqual(started, [0, 1, 2, 3]);
});

test('a failure gives its place back', async () => {
  const limit = new WorkLimit({ running: 1, waiting: 1 });
  await assert.rejects(
    limit.run(() => Promise.reject(new Error('broken'))),
    /broken/,
  );
  assert.equal(await limit.run(async () => 'next'), 'next');
});

test('a full queue refuses with the time to wait', async () => {
  const limit = new WorkLimit({ running: 1, waiting: 0 });
  const gate = held();
  const first = limit.run(gate.work);
  await assert.rejects(
    limit.run(async () => 'too many'),
    (error) =>
      error instanceof RpcError && error.code === 'RESOURCE_EXHAUSTED' && retryAfterMs(error) > 0,
  );
  gate.finish();
  await first;
});

test('work whose caller has gone does not run and keeps no place', async () => {
  const limit = new WorkLimit({ running: 1, waiting: 5 });
  const gate = held();
  const first = limit.run(gate.work);
  const caller = new AbortController();
  const abandoned = limit.run(() => assert.fail('ran'), caller.signal);
  const last = limit.run(async () => 'last');
  caller.abort(new Error('gone'));
  await assert.rejects(abandoned, /gone/);
  gate.finish();
  await first;
  assert.equal(await last, 'last');
  await assert.rejects(
    limit.run(async () => 'never', caller.signal),
    /gone/,
  );
});

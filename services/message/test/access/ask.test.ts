import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RpcError } from '@mpim/mprpc';
import { ask } from '../../src/access/ask.ts';

const fail = (error: unknown) => ask('group', 10, undefined, () => Promise.reject(error));

test('verdicts pass, trouble is UNAVAILABLE', async () => {
  for (const code of ['PERMISSION_DENIED', 'NOT_FOUND', 'UNAVAILABLE'] as const) {
    const error = new RpcError(code, 'as it is');
    await assert.rejects(fail(error), (thrown) => thrown === error);
  }
  for (const code of ['DEADLINE_EXCEEDED', 'INTERNAL', 'INVALID_ARGUMENT'] as const) {
    await assert.rejects(fail(new RpcError(code, 'why')), {
      code: 'UNAVAILABLE',
      message: 'the group service gave no answer: why',
      retryable: true,
    });
  }
});

test('a question lasts as long as the call it is asked for', async () => {
  const caller = { deadline: 5, signal: AbortSignal.timeout(1_000) };
  const options = await ask('user', 10, caller, async (given) => given);
  assert.deepEqual(options, { deadlineMs: 10, parent: caller });
});

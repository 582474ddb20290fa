import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RpcError } from '@mpim/mprpc';
import { invalidArgument, resourceExhausted, retryAfterMs } from '../../src/index.ts';

test('a refused field is named with the problem and the remedy', () => {
  const error = invalidArgument('groupId', 'is empty', 'send the id that CreateGroup gave');
  assert.equal(error.code, 'INVALID_ARGUMENT');
  assert.equal(error.reason, 'INVALID_GROUP_ID');
  assert.equal(error.retryable, false);
  assert.equal(error.message, 'groupId is empty: send the id that CreateGroup gave.');
});

test('the time to wait travels with the error', () => {
  const error = resourceExhausted('Too many logins.', 1_200);
  assert.equal(error.message, 'Too many logins. Try again in 2 s.');
  assert.equal(retryAfterMs(error), 1_200);
  const { details = new Uint8Array() } = error;
  const received = new RpcError('RESOURCE_EXHAUSTED', 'x', { reason: 'RETRY_LATER', details });
  assert.equal(retryAfterMs(received), 1_200);
});

test('errors without it, or with other details, say nothing', () => {
  const details = Buffer.from('no json');
  assert.equal(
    retryAfterMs(new RpcError('RESOURCE_EXHAUSTED', 'x', { reason: 'RETRY_LATER', details })),
    0,
  );
  assert.equal(retryAfterMs(new RpcError('RESOURCE_EXHAUSTED', 'x')), 0);
  assert.equal(retryAfterMs(new Error('x')), 0);
});

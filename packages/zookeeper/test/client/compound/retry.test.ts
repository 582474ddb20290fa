import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { retry, ZooKeeperError } from '@mpim/zookeeper';

const quick = { firstDelayMs: 1, attempts: 3 };

/** Fails so often, then answers with the number of calls. */
function failing(times: number, error: Error) {
  let calls = 0;
  return async () => {
    calls += 1;
    if (calls <= times) throw error;
    return calls;
  };
}

describe('retry', () => {
  const sent = new ZooKeeperError('CONNECTION_LOSS', 'cut', { sent: true });
  const unsent = new ZooKeeperError('OPERATION_TIMEOUT', 'no connection', { sent: false });

  it('repeats what surely was not applied, and the rest only if that does no harm', async () => {
    assert.equal(await retry(failing(2, unsent), quick), 3);
    await assert.rejects(retry(failing(1, sent), quick), sent);
    assert.equal(await retry(failing(2, sent), { ...quick, idempotent: true }), 3);
  });

  it('gives up after the last attempt, and at once on what will not pass', async () => {
    await assert.rejects(retry(failing(3, unsent), quick), unsent);
    const final = new ZooKeeperError('NO_NODE', 'gone');
    await assert.rejects(retry(failing(1, final), { ...quick, idempotent: true }), final);
    const other = new Error('mine');
    await assert.rejects(retry(failing(1, other), { ...quick, idempotent: true }), other);
  });

  it('stops waiting when told', async () => {
    const abort = new AbortController();
    const waiting = retry(failing(1, unsent), {
      firstDelayMs: 1e9,
      signal: abort.signal,
      longestDelayMs: 1e9,
    });
    abort.abort(new Error('enough'));
    await assert.rejects(waiting, { message: 'enough' });
  });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemRandom } from '../../src/random.ts';
import { SessionCredentials } from '../../src/session/session-credentials.ts';

function startedAt(startTime: number): SessionCredentials {
  return new SessionCredentials({ random: systemRandom, startTime, serverId: 1 });
}

test('a password opens its own session, and none of another run of the server', () => {
  const credentials = startedAt(1_000_000);
  const id = credentials.nextId();
  const password = credentials.passwordOf(id);
  assert.equal(password.length, 16);
  assert.equal(credentials.isPassword(id, password), true);
  assert.equal(credentials.isPassword(id + 1n, password), false);
  assert.equal(credentials.isPassword(id, null), false);
  assert.equal(credentials.isPassword(id, password.subarray(1)), false);
  assert.equal(startedAt(1_000_000).isPassword(id, password), false);
});

test('session ids of a later start are above those of an earlier one', () => {
  const start = Date.UTC(2026, 5, 1);
  const first = startedAt(start);
  let last = first.nextId();
  for (let i = 0; i < 1000; i++) last = first.nextId();
  assert.ok(startedAt(start + 1).nextId() > last);
  assert.equal(last >> 56n, 1n);
});

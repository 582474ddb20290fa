import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findViolation, znodeModel } from '@mpim/testkit';
import { hurtHistory } from './support/hurt-history.ts';
import { KillableOwnServer } from './support/killable-server.ts';

test('writes and reads after a sync are linearizable over cuts and kills', async (t) => {
  await using server = await KillableOwnServer.start();
  const load = { seed: 1, clients: 4, callsPerClient: 160 };
  const { history, kills, cuts } = await hurtHistory(server, load);
  t.diagnostic(`${history.calls.length} calls, ${kills} kills, ${cuts} cuts`);
  assert.ok(kills >= 2 && cuts >= 8);
  assert.equal(findViolation(znodeModel, history.calls)?.message, undefined);
});

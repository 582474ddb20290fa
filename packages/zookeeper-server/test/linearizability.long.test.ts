import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ApacheZooKeeper,
  findViolation,
  type History,
  missingDebianPackage,
  type ZnodeOp,
  znodeModel,
} from '@mpim/testkit';
import { hurtHistory } from './support/hurt-history.ts';
import { KillableOwnServer } from './support/killable-server.ts';

const missing = await missingDebianPackage('zookeeper');

function assertLinearizable({ calls }: History<ZnodeOp>): void {
  assert.equal(findViolation(znodeModel, calls)?.message, undefined);
}

test('writes and reads after a sync are linearizable over cuts and many kills', async (t) => {
  // Many histories: each call without a reply may take effect at any later time, so the longer one is, the harder to judge.
  for (let seed = 11; seed <= 40; seed++) {
    await using server = await KillableOwnServer.start();
    const load = { seed, clients: 6, callsPerClient: 60 };
    const { history, kills, cuts } = await hurtHistory(server, load);
    t.diagnostic(`seed ${seed}: ${history.calls.length} calls, ${kills} kills, ${cuts} cuts`);
    assertLinearizable(history);
  }
});

test('so they are with Apache ZooKeeper, or the checker is wrong', {
  skip: missing ?? false,
}, async () => {
  await using apache = await ApacheZooKeeper.start();
  const server = { port: apache.port, killAndRestart: () => apache.restart() };
  const load = { seed: 21, clients: 4, callsPerClient: 250 };
  assertLinearizable((await hurtHistory(server, load)).history);
});

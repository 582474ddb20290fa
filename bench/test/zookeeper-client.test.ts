import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { missingDebianPackage } from '@mpim/testkit';
import { type Case, runCases } from '../src/zookeeper-client.ts';

const skip = await missingDebianPackage('zookeeper');
const settings = { rounds: 1, roundMs: 30, only: [], scale: 1, progress: () => {} };
const cases: Case[] = [
  { name: 'create', operation: 'create', inFlight: 20 },
  { name: 'set', operation: 'set', inFlight: 1 },
  { name: 'get', operation: 'get', inFlight: 20 },
  { name: 'getChildren', operation: 'getChildren', inFlight: 20 },
  { name: 'watch', operation: 'watch', inFlight: 5 },
  { name: 'fan-out', operation: 'fan-out', inFlight: 20 },
];

describe('the ZooKeeper client benchmark', { skip: skip ?? false }, () => {
  // The clients of npm are not here: installing them is for those who compare.
  test('gives figures of us, the Java client and the limits for every operation', async () => {
    const subjects = ['mpim', 'Java client', 'bare promises', 'raw socket'];
    const rows = await runCases(cases, settings, subjects);
    for (const row of rows) {
      // A JVM counts its CPU time in steps as long as a third of these rounds.
      if (row.metric.includes('CPU') && row.subject.includes('Java')) continue;
      // Where the kernel counts in ticks, a round this short may have none of its own.
      const isPlausible = row.metric.includes('kernel') ? row.value >= 0 : row.value > 0;
      assert.ok(Number.isFinite(row.value) && isPlausible, JSON.stringify(row));
    }
    const ofCase = Map.groupBy(rows, (row) => row.case);
    assert.deepEqual(
      [...ofCase.keys()],
      ['create', 'set', 'get', 'getChildren', 'watch', 'fan-out'],
    );
    const measured = (name: string) => new Set(ofCase.get(name)?.map(({ subject }) => subject));
    assert.deepEqual(
      [...measured('get')],
      ['mpim', 'Java client', 'raw socket', 'mpim / Java client', 'mpim / raw socket'],
    );
    assert.ok(measured('set').has('bare promises'));
    assert.deepEqual([...measured('watch')], ['mpim', 'Java client', 'mpim / Java client']);
    assert.deepEqual(
      new Set(rows.map(({ metric }) => metric)),
      new Set(['throughput', 'p50', 'p99', 'client CPU per call', 'of it in the kernel']),
    );
  });
});

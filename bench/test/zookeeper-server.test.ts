import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { missingDebianPackage } from '@mpim/testkit';
import type { Row } from '../src/bench.ts';
import { barsOf } from '../src/zookeeper-server/bars.ts';
import { zookeeperServerBench } from '../src/zookeeper-server.ts';

const skip = await missingDebianPackage('zookeeper');
const settings = { rounds: 1, roundMs: 20, scale: 0.001, progress: () => {} };
const subjects = ['mpim', 'Apache ZooKeeper', 'bare responder'];

function check(rows: readonly Row[]): void {
  for (const row of rows) {
    // The kernel counts CPU time in steps as long as half of these rounds.
    if (row.metric.includes('server CPU') || row.metric.startsWith('CPU')) continue;
    assert.ok(Number.isFinite(row.value) && row.value > 0, JSON.stringify(row));
  }
}

describe('the ZooKeeper server benchmark', { skip: skip ?? false }, () => {
  const run = (only: string) => zookeeperServerBench.run({ ...settings, only: [only] });

  test('gives figures of us, the peer, the limit and their ratios for requests', async () => {
    const rows = await run('100 in flight, 50 connections');
    check(rows);
    assert.deepEqual(
      new Set(rows.map((row) => row.case)),
      new Set(
        ['create', 'set', 'get', 'getChildren', 'mixed'].map(
          (operation) => `${operation}, 100 in flight, 50 connections`,
        ),
      ),
    );
    for (const ofCase of Map.groupBy(rows, (row) => row.case).values()) {
      assert.deepEqual(
        [...new Set(ofCase.map(({ subject }) => subject))],
        [...subjects, 'mpim / Apache ZooKeeper', 'mpim / bare responder'],
      );
      assert.deepEqual(
        [...new Set(ofCase.map(({ metric }) => metric))],
        ['throughput', 'p50', 'p99', 'server CPU per call', 'load CPU per call'],
      );
    }
  });

  test('sets writes one at a time beside the disk alone', async () => {
    const rows = await run('set, 1 in flight, 1 connection');
    check(rows);
    const disk = rows.filter(({ subject }) => subject.endsWith('bare disk'));
    assert.deepEqual(
      disk.map(({ subject, metric }) => [subject, metric]),
      ['throughput', 'p50', 'p99'].flatMap((metric) =>
        ['bare disk', 'mpim / bare disk'].map((subject) => [subject, metric]),
      ),
    );
  });

  test('gives figures of us and the peer for many watches, many nodes and the start', async () => {
    const cases = ['fan-out to 10 watches', '1,100 nodes of 100 bytes', 'start on an empty'];
    for (const name of cases) {
      const rows = await run(name);
      check(rows);
      assert.deepEqual(
        [...new Set(rows.map(({ subject }) => subject))],
        ['mpim', 'Apache ZooKeeper', 'mpim / Apache ZooKeeper'],
      );
      assert.ok(rows[0]?.case.startsWith(name));
    }
  });

  test('says of a bar that is not met whether the bare responder reaches it', () => {
    const row = (subject: string, value: number, unit = 'calls/s'): Row => {
      return { case: 'set, 1 in flight', subject, metric: 'throughput', value, unit };
    };
    const nameWith = (most: number): string | undefined =>
      barsOf([
        row('mpim', 130),
        row('Apache ZooKeeper', 100),
        row('bare responder', most),
        row('mpim / Apache ZooKeeper', 1.3, 'x'),
      ])[0]?.name;
    const name = 'set, 1 in flight: throughput / Apache ZooKeeper';
    assert.equal(nameWith(140), `${name} (out of reach: the bare responder reaches 1.40 x)`);
    assert.equal(nameWith(250), name);
  });

  test('says which bars are met', () => {
    const ratio = (name: string, metric: string, value: number): Row => {
      return { case: name, subject: 'mpim / Apache ZooKeeper', metric, value, unit: 'x' };
    };
    const rows = [
      ratio('get, 1 in flight', 'throughput', 3.5),
      ratio('getChildren, 1 in flight', 'throughput', 4),
      ratio('get, 100 in flight', 'p50', 0.1),
      ratio('set, 100 in flight', 'throughput', 2),
      ratio('mixed, 100 in flight', 'throughput', 1),
      ratio('start', 'first reply after', 0.4),
      ratio('nodes', 'RSS when loaded', 1.5),
    ];
    assert.deepEqual(
      barsOf(rows).map(({ name, limit, isMet }) => [name.split(' / ')[0], limit, isMet]),
      [
        ['get, 1 in flight: throughput', 4, false],
        ['getChildren, 1 in flight: throughput', 4, true],
        ['set, 100 in flight: throughput', 2, true],
        ['start: first reply after', 0.5, true],
        ['nodes: RSS when loaded', 1, false],
      ],
    );
  });
});

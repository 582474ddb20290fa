import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Row } from '../src/bench.ts';
import { bars } from '../src/zookeeper-client/bars.ts';

const row = (subject: string, metric: string, value: number, unit = 'us'): Row => {
  return { case: 'get', subject, metric, value, unit };
};

test('the bars of the client: the best of the peers, half the CPU of one, and the limit beside them', () => {
  const rows = [
    row('mpim', 'throughput', 900),
    row('zookeeper (native)', 'throughput', 1000),
    row('Java client', 'throughput', 800),
    row('raw socket', 'throughput', 2000),
    row('bare promises', 'throughput', 1900),
    row('mpim / raw socket', 'throughput', 0.45, 'x'),
    row('mpim', 'client CPU per call', 4),
    row('node-zookeeper-client', 'client CPU per call', 10),
    row('raw socket', 'client CPU per call', 2),
    row('bare promises', 'client CPU per call', 3),
  ];
  assert.deepEqual(bars(rows), [
    {
      name: 'get: throughput / zookeeper (native), the best of the others (raw socket: 2.00 x)',
      value: 0.9,
      bound: 'at least',
      limit: 1,
      unit: 'x',
      isMet: false,
    },
    {
      name: 'get: client CPU per call / node-zookeeper-client (bare promises: 0.30 x)',
      value: 0.4,
      bound: 'at most',
      limit: 0.5,
      unit: 'x',
      isMet: true,
    },
  ]);
  assert.deepEqual(bars([row('mpim', 'throughput', 900)]), []);
  const limited = (bare: number) => [
    row('mpim', 'client CPU per call', 6),
    row('node-zookeeper-client', 'client CPU per call', 10),
    row('bare promises', 'client CPU per call', bare),
  ];
  assert.match(bars(limited(5.5))[0]?.name ?? '', /\(out of reach, bare promises: 0\.55 x\)/);
  assert.match(bars(limited(5))[0]?.name ?? '', /client \(bare promises: 0\.50 x\)/);
});

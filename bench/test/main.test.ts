import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';

const main = join(import.meta.dirname, '../src/main.ts');
const node = (...args: string[]) => promisify(execFile)(process.execPath, [main, ...args]);

describe('the benchmark command', () => {
  test('rpc --json prints one object with figures of us, the peers, the limit, and the bars', async () => {
    const only = [
      '--only',
      ', 1 in flight',
      '--only',
      '100 B, 128 in flight',
      '--only',
      '100 B, 1 at once',
    ];
    const { stdout } = await node('rpc', '--json', '--rounds', '1', '--round-ms', '30', ...only);
    const report = JSON.parse(stdout);
    assert.deepEqual(Object.keys(report), ['bench', 'machine', 'rows', 'bars']);
    assert.equal(report.bench, 'rpc');
    assert.deepEqual(Object.keys(report.machine), ['cores', 'cpu', 'memoryGiB', 'node', 'os']);
    for (const row of report.rows) {
      assert.deepEqual(Object.keys(row), ['case', 'subject', 'metric', 'value', 'unit']);
      assert.ok(Number.isFinite(row.value) && row.value >= 0, JSON.stringify(row));
    }
    const names = (of: 'case' | 'subject' | 'metric'): string[] => [
      ...new Set<string>(report.rows.map((row: Record<string, string>) => row[of])),
    ];
    assert.deepEqual(names('case'), [
      '100 B, 1 in flight',
      '100 B, 128 in flight',
      '4 KB, 1 in flight',
      'streams of 1000 x 100 B, 1 at once',
      'TLS, 100 B, 1 in flight',
      'TLS, 100 B, 128 in flight',
    ]);
    assert.deepEqual(names('metric'), [
      'throughput',
      'p50',
      'p99',
      'client CPU',
      'server CPU',
      'client heap',
      'server heap',
    ]);
    assert.deepEqual(names('subject'), [
      'mprpc',
      'mprpc in services',
      '@grpc/grpc-js',
      '@connectrpc/connect-node',
      'raw TCP echo',
      'mprpc / @grpc/grpc-js',
      'mprpc / @connectrpc/connect-node',
      'mprpc / raw TCP echo',
      'mprpc in services / @grpc/grpc-js',
      'mprpc in services / @connectrpc/connect-node',
      'mprpc in services / raw TCP echo',
    ]);
    assert.equal(report.rows.length, 6 * 7 * 11);
    // A ratio says which way is better: more calls per second, or less time for one.
    assert.deepEqual(
      report.bars.map(({ bound, limit }: Record<string, unknown>) => [bound, limit]),
      [
        ['at least', 0.5],
        ['at least', 20],
        ['at most', 1.5],
        ['at least', 0.5],
        ['at least', 20],
        ['at most', 1.5],
      ],
    );
    for (const { value, bound, limit, isMet } of report.bars) {
      assert.equal(isMet, bound === 'at least' ? value >= limit : value <= limit);
    }
  });

  test('an --only that means nothing lists the cases', async () => {
    await assert.rejects(node('rpc', '--only', 'carrier pigeon'), {
      code: 1,
      stderr: /no case has carrier pigeon.*\n {2}100 B, 1 in flight\n/,
    });
  });

  test('without a name it lists the benchmarks, with an unknown one it fails', async () => {
    assert.match((await node()).stdout, /rpc .*grpc-js/);
    await assert.rejects(node('nothing'), { code: 2, stderr: /there is no benchmark 'nothing'/ });
  });

  test('refuses a share of the sizes that is none', async () => {
    await assert.rejects(node('rpc', '--scale', '2'), { code: 2, stderr: /--scale takes/ });
  });
});

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';

const main = join(import.meta.dirname, '../src/main.ts');
const node = (...args: string[]) => promisify(execFile)(process.execPath, [main, ...args]);

describe('the benchmark command', () => {
  test('rpc --json prints one object with figures of us, the peer, the limit and their ratios', async () => {
    const { stdout } = await node('rpc', '--json', '--rounds', '1', '--round-ms', '30');
    const report = JSON.parse(stdout);
    assert.deepEqual(Object.keys(report), ['bench', 'machine', 'rows']);
    assert.equal(report.bench, 'rpc');
    assert.deepEqual(Object.keys(report.machine), ['cores', 'cpu', 'memoryGiB', 'node', 'os']);
    for (const row of report.rows) {
      assert.deepEqual(Object.keys(row), ['case', 'subject', 'metric', 'value', 'unit']);
      assert.ok(Number.isFinite(row.value) && row.value >= 0, JSON.stringify(row));
    }
    const names = (of: 'case' | 'subject' | 'metric'): string[] => [
      ...new Set<string>(report.rows.map((row: Record<string, string>) => row[of])),
    ];
    assert.deepEqual(names('case'), ['1 in flight', '128 in flight']);
    assert.deepEqual(names('metric'), ['throughput', 'p50', 'p99', 'client CPU per call']);
    assert.deepEqual(names('subject'), [
      'mprpc',
      '@grpc/grpc-js',
      'raw TCP echo',
      'mprpc / @grpc/grpc-js',
      'mprpc / raw TCP echo',
    ]);
    assert.equal(report.rows.length, 2 * 4 * 5);
  });

  test('without a name it lists the benchmarks, with an unknown one it fails', async () => {
    assert.match((await node()).stdout, /rpc .*grpc-js/);
    await assert.rejects(node('nothing'), { code: 2, stderr: /there is no benchmark 'nothing'/ });
  });
});

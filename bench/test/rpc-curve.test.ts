import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { temporaryFolder } from '@mpim/testkit';

const main = join(import.meta.dirname, '../src/main.ts');
const node = (...args: string[]) => promisify(execFile)(process.execPath, [main, ...args]);
const SMALL = ['--rounds', '1', '--round-ms', '20', '--scale', '0.02'];

test('rpc-curve prints tables, says where a cliff is, and draws', async () => {
  await using scratch = await temporaryFolder('bench-curve');
  const svg = join(scratch.path, 'curve.svg');
  const { stdout } = await node('rpc-curve', ...SMALL, '--svg', svg);
  for (const name of ['instances', 'instances of one address', 'connections', 'payload']) {
    assert.match(stdout, new RegExp(`^${name}\\n +throughput .*\\n`, 'm'));
    assert.match(
      stdout,
      new RegExp(`^ +(not )?met +${name}: the steepest step, .* x, at most 1.25$`, 'm'),
    );
    assert.match(stdout, new RegExp(`^${name}: CPU .*\\n.* us  #+$`, 'm'));
  }
  const drawn = await readFile(svg, 'utf8');
  assert.match(drawn, /^<svg [^>]*viewBox="0 0 640 1040"/);
  assert.equal(drawn.match(/<polyline points="\d+,\d+ [\d, ]+"/g)?.length, 4);
});

test('rpc-curve --json holds the figures of the selected curve; what has no curve is not drawn', async () => {
  const { stdout } = await node('rpc-curve', '--json', ...SMALL, '--only', 'payload');
  const { rows, bars } = JSON.parse(stdout);
  assert.deepEqual(
    [...new Set(rows.map((row: Record<string, unknown>) => `${row.case} ${row.subject}`))],
    ['payload 64 B', 'payload 256 B', 'payload 1 KB', 'payload 4 KB', 'payload 16 KB'],
  );
  for (const { value } of rows) assert.ok(Number.isFinite(value) && value >= 0);
  assert.equal(bars.length, 1);
  await assert.rejects(node('rpc', '--svg', 'x.svg'), {
    code: 2,
    stderr: /rpc has nothing to draw/,
  });
});

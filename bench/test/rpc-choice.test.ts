import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rpcChoiceBench } from '../src/rpc-choice.ts';

test('rpc-choice times every policy at every size, and says whether any grows with it', async () => {
  const settings = { rounds: 1, roundMs: 4, only: [], scale: 0.02, progress: () => {} };
  const rows = await rpcChoiceBench.run(settings);
  assert.deepEqual([...new Set(rows.map(({ subject }) => subject))], ['1', '4', '16']);
  assert.equal(rows.length, 9 * 3 * 2);
  assert.ok(rows.every(({ value }) => Number.isFinite(value) && value > 0));
  const bars = rpcChoiceBench.bars?.(rows) ?? [];
  assert.equal(bars.length, 8 * 2);
  assert.match(bars[0]?.name ?? '', /^round robin: one of 16, of one of 4$/);
});

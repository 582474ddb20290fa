import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rpcMessagesBench } from '../src/rpc-messages.ts';

test('rpc-messages times both encoders on every message', async () => {
  const settings = { rounds: 1, roundMs: 8, only: [], scale: 1, progress: () => {} };
  const rows = await rpcMessagesBench.run(settings);
  assert.equal(rows.length, 3 * 5 * 3);
  assert.ok(rows.every(({ value }) => Number.isFinite(value) && value > 0));
});

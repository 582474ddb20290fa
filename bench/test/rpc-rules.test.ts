import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rpcRulesBench } from '../src/rpc-rules.ts';

test('rpc-rules says what a rule adds to a call, as an option and as an interceptor', async () => {
  const only = ['circuitBreaker'];
  const rows = await rpcRulesBench.run({ rounds: 1, roundMs: 20, only, scale: 1, progress() {} });
  const subjects = ['bare', 'circuitBreaker', 'circuitBreaker()'];
  assert.deepEqual([...new Set(rows.map(({ subject }) => subject))], subjects);
  assert.ok(rows.every(({ value, metric }) => value > 0 || metric.includes('more')));
  const more = rows.filter(({ metric }) => metric === 'CPU of both sides, more than bare');
  assert.equal(more[0]?.value, 0);
  const bars = rpcRulesBench.bars?.(rows) ?? [];
  assert.deepEqual(
    bars.map(({ name }) => name),
    ['circuitBreaker adds to a call, of the cost of one'],
  );
});

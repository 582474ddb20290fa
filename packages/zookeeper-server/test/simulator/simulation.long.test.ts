import { test } from 'node:test';
import { runSeeds } from './run-seeds.ts';

test('clients see nothing that was not promised, over thousands of seeds', async (t) => {
  const { faults, ...sums } = await runSeeds(10_000, 3000);
  t.diagnostic(JSON.stringify({ ...sums, ...Object.fromEntries(faults) }));
});

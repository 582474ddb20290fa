import { test } from 'node:test';
import { crashRounds } from '../support/crash-rounds.ts';

test('300 times kill -9 under concurrent writers', async (t) => {
  for (const seed of [11, 12, 13]) {
    const { acknowledged, complaints } = await crashRounds(100, seed);
    t.diagnostic(`seed ${seed}: ${acknowledged} transactions, ${complaints.length} torn writes`);
  }
});

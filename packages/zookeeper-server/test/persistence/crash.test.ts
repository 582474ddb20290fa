import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crashRounds } from '../support/crash-rounds.ts';

test('kill -9 under concurrent writers loses nothing that was acknowledged', async () => {
  const { acknowledged } = await crashRounds(5, 1);
  assert.ok(acknowledged > 100, `only ${acknowledged} transactions came about`);
});

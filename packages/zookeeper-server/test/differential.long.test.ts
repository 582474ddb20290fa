import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missingDebianPackage } from '@mpim/testkit';
import { Comparison } from './support/compare-with-apache.ts';

const missing = await missingDebianPackage('zookeeper');
/** `DIFFERENTIAL_SEED` chooses where the seeds begin, `DIFFERENTIAL_OPERATIONS` how many requests are compared. */
const FIRST = Number(process.env.DIFFERENTIAL_SEED ?? 101);
const OPERATIONS = Number(process.env.DIFFERENTIAL_OPERATIONS ?? 200_000);
const PER_SCRIPT = 2500;

test('200,000 replies, and all events, are those of Apache ZooKeeper', {
  skip: missing ?? false,
}, async (t) => {
  await using comparison = await Comparison.start();
  for (let seed = FIRST; comparison.compared < OPERATIONS; seed++) {
    await comparison.script(seed, PER_SCRIPT);
  }
  t.diagnostic(`${comparison.compared} requests compared`);
  assert.ok(comparison.compared >= OPERATIONS);
});

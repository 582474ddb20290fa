import { test } from 'node:test';
import { missingDebianPackage } from '@mpim/testkit';
import { Comparison } from './support/compare-with-apache.ts';

const missing = await missingDebianPackage('zookeeper');

test('replies and events are those of Apache ZooKeeper', { skip: missing ?? false }, async (t) => {
  await using comparison = await Comparison.start();
  for (const seed of [20, 21, 22]) await comparison.script(seed, 1000);
  t.diagnostic(`${comparison.compared} requests compared`);
});

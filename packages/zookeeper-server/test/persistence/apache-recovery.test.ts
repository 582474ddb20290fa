import { test } from 'node:test';
import { missingDebianPackages } from '@mpim/testkit';
import { recoveryRounds } from '../support/recovery-rounds.ts';

const missing = await missingDebianPackages('zookeeper', 'default-jdk-headless');

test('Apache ZooKeeper recovers what we wrote under heavy changes', {
  skip: missing ?? false,
}, async (t) => {
  const { transactions, snapshots } = await recoveryRounds(15, 1);
  t.diagnostic(`${transactions} transactions, ${snapshots} snapshots`);
});

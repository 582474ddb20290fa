import { test } from 'node:test';
import { missingDebianPackages } from '@mpim/testkit';
import { apacheFuzzyRounds } from '../support/apache-fuzzy-rounds.ts';
import { recoveryRounds } from '../support/recovery-rounds.ts';

const missing = await missingDebianPackages('zookeeper', 'default-jdk-headless');

test('Apache ZooKeeper recovers what we wrote under heavy changes, 500 times', {
  skip: missing ?? false,
}, async (t) => {
  const { transactions, snapshots } = await recoveryRounds(500, 1000);
  t.diagnostic(`${transactions} transactions, ${snapshots} snapshots`);
});

test(
  'we recover what Apache ZooKeeper wrote under heavy changes, 30 times',
  {
    skip: missing ?? false,
  },
  () => apacheFuzzyRounds(30, 1),
);

import { test } from 'node:test';
import { missingDebianPackage } from '@mpim/testkit';
import { compareWithApache } from './support/compare-with-apache.ts';

const missing = await missingDebianPackage('zookeeper');
const SEEDS = [101, 102, 103, 104, 105, 106];

for (const seed of SEEDS) {
  const name = `replies and events are those of Apache ZooKeeper: script ${seed}`;
  test(name, { skip: missing ?? false }, () => compareWithApache(seed, 900));
}

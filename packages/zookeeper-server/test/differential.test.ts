import { test } from 'node:test';
import { missingDebianPackage } from '@mpim/testkit';
import { compareWithApache } from './support/compare-with-apache.ts';

const missing = await missingDebianPackage('zookeeper');

test('replies and events are those of Apache ZooKeeper', { skip: missing ?? false }, async () => {
  await compareWithApache(20, 400);
});

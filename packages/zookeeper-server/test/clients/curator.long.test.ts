import { test } from 'node:test';
import { ApacheZooKeeper, missingDebianPackage } from '@mpim/testkit';
import { missingForCurator, runExercises } from './curator/run-exercises.ts';

const missing = (await missingDebianPackage('zookeeper')) ?? missingForCurator;

test("what is asked of Curator's recipes here holds with Apache ZooKeeper too", {
  skip: missing ?? false,
}, async () => {
  await using server = await ApacheZooKeeper.start({ forceSync: 'no' });
  await runExercises(server.connectString);
});

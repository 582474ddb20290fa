import { test } from 'node:test';
import { ZooKeeperServer } from '@mpim/zookeeper-server';
import { missingForCurator, runExercises } from './curator/run-exercises.ts';

test("all of Curator's recipes and its service discovery work", {
  skip: missingForCurator ?? false,
}, async () => {
  await using server = await ZooKeeperServer.start({ extendedTypes: true });
  await runExercises(server.connectString);
});

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { missingDebianPackages, startChild, temporaryFolder } from '@mpim/testkit';
import { ZooKeeperServer } from '@mpim/zookeeper-server';

const missing = await missingDebianPackages(
  'default-jdk-headless',
  'libcurator-recipes-java',
  'libcurator-discovery-java',
);
const JARS = [
  'curator-recipes',
  'curator-framework',
  'curator-client',
  'curator-x-discovery',
  'zookeeper',
  'zookeeper-jute',
  'guava',
  'slf4j-api',
  'slf4j-nop',
  'netty-all',
  'jackson-core',
  'jackson-databind',
  'jackson-annotations',
  'metrics-core',
].map((name) => `/usr/share/java/${name}.jar`);
const SOURCE = join(import.meta.dirname, 'curator', 'CuratorExercise.java');

/** The recipes that the program goes through, in its order. */
const EXERCISES = [
  'background-and-protected-create',
  'transaction',
  'mutex',
  'read-write-lock',
  'semaphore',
  'leader-latch',
  'atomic-long',
  'shared-count',
  'double-barrier',
  'queue',
  'curator-cache',
  'path-children-cache',
  'tree-cache',
  'node-cache',
  'persistent-node',
  'persistent-ttl-node',
  'group-member',
  'watches',
  'discovery',
];

test("Curator's recipes and its service discovery work", { skip: missing ?? false }, async () => {
  await using folder = await temporaryFolder();
  await using compiler = startChild('javac', [
    ...['-nowarn', '-d', folder.path, '-cp', JARS.join(':')],
    SOURCE,
  ]);
  assert.equal(await compiler.exit, 0, compiler.output());
  await using server = await ZooKeeperServer.start({ extendedTypes: true });
  const classPath = [folder.path, ...JARS].join(':');
  const args = ['-Xmx128m', '-XX:TieredStopAtLevel=1', '-cp', classPath, 'CuratorExercise'];
  await using program = startChild('java', [...args, server.connectString]);
  const exit = await program.exit;
  assert.deepEqual(
    program.stdout,
    EXERCISES.map((name) => `pass ${name}`),
    program.output(),
  );
  assert.equal(exit, 0);
});

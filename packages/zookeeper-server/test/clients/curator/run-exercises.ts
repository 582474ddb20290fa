import assert from 'node:assert/strict';
import { join } from 'node:path';
import { CuratorPrograms } from '@mpim/testkit';

/** What the programs need. */
export const missingForCurator: string | undefined = await CuratorPrograms.missing();
const SOURCES = ['Exercises', 'CuratorExercise', 'CuratorMoreRecipes'].map((name) =>
  join(import.meta.dirname, `${name}.java`),
);

/** The recipes that each program goes through, in its order. */
const EXERCISES = {
  CuratorExercise: [
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
  ],
  CuratorMoreRecipes: [
    'semaphore-mutex',
    'old-semaphore',
    'multi-lock',
    'revocable-lock',
    'locker',
    'leader-selector',
    'barrier',
    'atomic-integer',
    'atomic-value',
    'cached-atomics',
    'shared-value',
    'distributed-queue',
    'safe-queue',
    'id-queue',
    'priority-queue',
    'delay-queue',
    'queue-sharder',
    'persistent-ephemeral-node',
    'persistent-watcher',
    'cache-bridge',
    'session-loss',
  ],
} as const;

/** Lets Curator's recipes and its service discovery work with a server, and asserts that each of them does. */
export async function runExercises(connectString: string): Promise<void> {
  await using programs = await CuratorPrograms.compile(SOURCES);
  for (const [name, exercises] of Object.entries(EXERCISES)) {
    await using program = programs.start(name, [connectString]);
    const exit = await program.exit;
    assert.deepEqual(
      program.stdout,
      exercises.map((each) => `pass ${each}`),
      program.output(),
    );
    assert.equal(exit, 0);
  }
}

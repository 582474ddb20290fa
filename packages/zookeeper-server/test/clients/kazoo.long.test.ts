import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missingDebianPackage } from '@mpim/testkit';
import { apacheCluster, type KazooCluster, ourCluster } from './kazoo/clusters.ts';
import {
  casesOf,
  type KazooRun,
  kazooCases,
  missingForKazoo,
  runKazoo,
} from './kazoo/run-kazoo.ts';

const missing = (await missingDebianPackage('zookeeper')) ?? missingForKazoo;

const NO_MEMBERS =
  'changes the members of an ensemble, which a single server refuses with -123; kazoo does not know that code and waits for ever';

/** Cases that fail here, each with the reason. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  'test_client.py::TestReconfig::test_add_remove_observer': NO_MEMBERS,
  'test_client.py::TestReconfig::test_bad_input': NO_MEMBERS,
  'test_client.py::TestReconfig::test_no_super_auth': NO_MEMBERS,
  'test_connection.py::TestReadOnlyMode::test_read_only':
    'waits for the minority of an ensemble to go read-only; a single server is never in a minority',
};
const LISTED = Object.keys(EXCEPTIONS);
const TIMEOUT_S = 60;
/** Most of the exceptions wait for ever. */
const EXCEPTION_TIMEOUT_S = 10;

async function runWith(
  start: () => Promise<KazooCluster>,
  cases: readonly string[],
  timeoutS: number,
): Promise<KazooRun> {
  await using cluster = await start();
  return await runKazoo(cluster.members, cases, timeoutS);
}

test("what passes of kazoo's own tests with Apache ZooKeeper passes here", {
  skip: missing ?? false,
}, async (t) => {
  const all = await kazooCases();
  const expected = all.filter((name) => !LISTED.includes(name));
  const ours = await runWith(ourCluster, expected, TIMEOUT_S);
  const [apache, listed] = await Promise.all([
    runWith(apacheCluster, all, TIMEOUT_S),
    runWith(ourCluster, LISTED, EXCEPTION_TIMEOUT_S),
  ]);
  for (const [whose, { repeated }] of Object.entries({ ours, apache })) {
    if (repeated.length > 0) t.diagnostic(`${whose}: run again: ${repeated.join(', ')}`);
  }
  const broken = casesOf(apache, 'FAILED', 'ERROR', 'STUCK');
  if (broken.length > 0) t.diagnostic(`fail with Apache ZooKeeper: ${broken.join(', ')}`);

  const passed = casesOf(apache, 'PASSED');
  assert.ok(passed.length > 400, `only ${passed.length} pass with Apache's:\n${apache.output}`);
  assert.deepEqual(
    passed.filter((name) => ours.outcomes.get(name) !== 'PASSED' && !LISTED.includes(name)),
    [],
    `pass with Apache ZooKeeper and not here:\n${ours.output}`,
  );
  assert.deepEqual(casesOf(ours, 'FAILED', 'ERROR', 'STUCK'), [], ours.output);
  assert.deepEqual(casesOf(listed, 'PASSED'), [], 'are listed as exceptions and pass');
  assert.deepEqual(
    LISTED.filter((name) => !all.includes(name)),
    [],
    'are listed as exceptions and do not exist',
  );
});

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { missingDebianPackages, startChild } from '@mpim/testkit';
import { ZooKeeperServer } from '@mpim/zookeeper-server';
import { controlledDoors } from '../support/control-door.ts';

const missing = await missingDebianPackages(
  'python3-kazoo',
  'python3-pytest',
  'python3-pytest-timeout',
  'python3-mock',
  'python3-objgraph',
);
const TESTS = '/usr/lib/python3/dist-packages/kazoo/tests';
const PLUGIN = join(import.meta.dirname, 'kazoo');
/** The user `super` with the password `test`, as kazoo's own cluster has it. */
const SUPER_DIGEST = 'super:D/InIHSb7yEEbrWz8b9l71RjZJU=';
/** The users of kazoo's own cluster. */
const SASL_USERS = { super: 'super_secret', jaasuser: 'jaas_password' };
const MEMBERS = 3;

/** Tests that are not run, each with the reason. */
const NOT_RUN: Readonly<Record<string, string>> = {
  'test_client.py::TestReconfig':
    'changes the members of an ensemble, which a single server refuses with -123; kazoo does not know that code and waits for ever',
  'test_connection.py::TestReadOnlyMode':
    'waits for the minority of an ensemble to go read-only; a single server is never in a minority',
};

/** kazoo's tests by their outcome, from pytest's summary. */
function outcomes(lines: readonly string[], outcome: string): string[] {
  return lines
    .flatMap((line) => new RegExp(`^${outcome} \\S*?([^/\\s]+::\\S+)`).exec(line)?.[1] ?? [])
    .sort();
}

function failures(lines: readonly string[]): string[] {
  return [...outcomes(lines, 'FAILED'), ...outcomes(lines, 'ERROR')].sort();
}

test("kazoo's own test-suite passes", { skip: missing ?? false }, async (t) => {
  await using server = await ZooKeeperServer.start({
    fourLetterWordWhitelist: ['*'],
    superDigest: SUPER_DIGEST,
    saslUsers: SASL_USERS,
    maxClientConnections: 0,
  });
  await using doors = await controlledDoors(server, MEMBERS);
  /** Runs these of kazoo's tests; gives the lines pytest printed. */
  async function run(selection: readonly string[]): Promise<readonly string[]> {
    const options = ['-p', 'mpim_cluster', '-p', 'no:cacheprovider', '--timeout=60', '-q', '-rA'];
    await using pytest = startChild(
      '/usr/bin/python3',
      ['-m', 'pytest', ...options, `--rootdir=${TESTS}`, ...selection],
      {
        env: {
          PYTHONPATH: PLUGIN,
          PYTHONDONTWRITEBYTECODE: '1',
          ZOOKEEPER_VERSION: '3.9.0',
          MPIM_CONTROL: String(doors.controlPort),
          MPIM_MEMBERS: doors.ports.join(','),
        },
      },
    );
    await pytest.exit;
    return pytest.stdout;
  }

  const notRun = Object.keys(NOT_RUN).flatMap((name) => ['--deselect', name]);
  const first = await run([...notRun, TESTS]);
  const passed = outcomes(first, 'PASSED');
  assert.ok(passed.length > 200, `only ${passed.length} passed:\n${first.slice(-40).join('\n')}`);
  const failed = failures(first);
  if (failed.length === 0) return;
  // kazoo's tests count seconds: what fails once on a busy machine has to pass on its own.
  t.diagnostic(`once more: ${failed.join(', ')}`);
  const again = await run(failed.map((name) => join(TESTS, name)));
  assert.deepEqual(failures(again), [], again.slice(-40).join('\n'));
  assert.deepEqual(outcomes(again, 'PASSED'), failed);
});

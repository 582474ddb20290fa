import { join } from 'node:path';
import { missingDebianPackages, startChild } from '@mpim/testkit';
import { controlledMembers, type Member } from '../../support/controlled-members.ts';

/** What kazoo's tests need. */
export const missingForKazoo: string | undefined = await missingDebianPackages(
  'python3-kazoo',
  'python3-pytest',
  'python3-pytest-timeout',
  'python3-mock',
  'python3-objgraph',
);

const TESTS = '/usr/lib/python3/dist-packages/kazoo/tests';
const CASE = /^(\S+::\S+) (PASSED|FAILED|ERROR|SKIPPED)\b/;
/** pytest's own timeout does not end a case that waits for nothing under gevent: so long after it pytest is ended. */
const SILENCE_MS = 15_000;
const ATTEMPTS = 3;

/** How a case ended: in pytest's words, or not at all. */
export type KazooOutcome = 'PASSED' | 'FAILED' | 'ERROR' | 'SKIPPED' | 'STUCK';

/** What came of some of kazoo's cases. */
export interface KazooRun {
  /** By the names of the cases, such as `test_client.py::TestReconfig::test_bad_input`. */
  readonly outcomes: ReadonlyMap<string, KazooOutcome>;
  /** Those that were run more than once. */
  readonly repeated: readonly string[];
  /** The end of what pytest printed. */
  readonly output: string;
}

/** The names of all of kazoo's own cases. */
export async function kazooCases(): Promise<readonly string[]> {
  await using child = pytest(['--collect-only', '-q', TESTS]);
  await child.exit;
  const cases = child.stdout.filter((line) => line.includes('::'));
  if (cases.length === 0) throw new Error(`pytest finds no cases:\n${child.output()}`);
  return cases;
}

/**
 * Runs some of kazoo's cases, as they are, against these members; one that takes longer than `timeoutS` seconds has
 * failed. They count seconds: what does not pass on a busy machine is run again on its own, and that counts.
 */
export async function runKazoo(
  members: readonly Member[],
  cases: readonly string[],
  timeoutS: number,
): Promise<KazooRun> {
  let { outcomes, output } = await runOnce(members, cases, timeoutS);
  const repeated = new Set<string>();
  for (let attempt = 1; attempt < ATTEMPTS; attempt++) {
    const left = casesOf({ outcomes }, 'FAILED', 'ERROR', 'STUCK');
    if (left.length === 0) break;
    for (const name of left) repeated.add(name);
    const again = await runOnce(members, left, timeoutS);
    outcomes = new Map([...outcomes, ...again.outcomes]);
    output = again.output;
  }
  return { outcomes, repeated: [...repeated], output };
}

/** The cases that ended in one of these ways. */
export function casesOf(
  { outcomes }: Pick<KazooRun, 'outcomes'>,
  ...ways: readonly KazooOutcome[]
): string[] {
  return [...outcomes].filter(([, outcome]) => ways.includes(outcome)).map(([name]) => name);
}

async function runOnce(
  members: readonly Member[],
  cases: readonly string[],
  timeoutS: number,
): Promise<Omit<KazooRun, 'repeated'>> {
  await using controlled = await controlledMembers(members);
  const options = ['-v', '--tb=short', `--timeout=${timeoutS}`];
  await using child = pytest([...options, ...cases.map((name) => join(TESTS, name))], {
    MPIM_CONTROL: String(controlled.controlPort),
    MPIM_MEMBERS: controlled.ports.join(','),
  });
  let lines = 0;
  const silence = setInterval(
    () => {
      if (child.stdout.length === lines) child.kill();
      lines = child.stdout.length;
    },
    timeoutS * 1000 + SILENCE_MS,
  );
  await child.exit;
  clearInterval(silence);
  const outcomes = new Map<string, KazooOutcome>(cases.map((name) => [name, 'STUCK']));
  for (const line of child.stdout) {
    const [, name, outcome] = CASE.exec(line) ?? [];
    if (name !== undefined) outcomes.set(name, outcome as KazooOutcome);
  }
  return { outcomes, output: child.output() };
}

function pytest(args: readonly string[], env: Record<string, string> = {}) {
  // -P: the tests' folder has modules that others on Python's path must not be taken for.
  const plugins = ['-p', 'mpim_cluster', '-p', 'no:cacheprovider'];
  return startChild(
    '/usr/bin/python3',
    ['-P', '-m', 'pytest', ...plugins, `--rootdir=${TESTS}`, ...args],
    {
      cwd: TESTS,
      env: {
        PYTHONPATH: import.meta.dirname,
        PYTHONDONTWRITEBYTECODE: '1',
        PYTHONUNBUFFERED: '1',
        ZOOKEEPER_VERSION: '3.8.0',
        ...env,
      },
    },
  );
}

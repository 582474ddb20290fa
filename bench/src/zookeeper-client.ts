import { ApacheZooKeeper, missingDebianPackage, temporaryFolder } from '@mpim/testkit';
import type { Bench, BenchSettings, Row } from './bench.ts';
import { selected } from './bench.ts';
import { bars, CPU, KERNEL, THROUGHPUT } from './zookeeper-client/bars.ts';
import { middleMean, type Pace, pace, shuffled } from './zookeeper-client/pace.ts';
import type { Operation, RoundResult } from './zookeeper-client/round.ts';
import {
  isOurs,
  type Subject,
  startSubjects,
  takesPart,
  US,
  type Worker,
} from './zookeeper-client/subjects.ts';
import { Tree } from './zookeeper-client/tree.ts';

/** One table of the report. */
export interface Case {
  readonly name: string;
  readonly operation: Operation;
  readonly inFlight: number;
}

const REQUESTS = ['create', 'set', 'get', 'getChildren'] as const;
const IN_FLIGHT = [1, 100, 1000] as const;
const WATCHERS = 1000;
/** First many calls at once, then one at a time: what is sent alone goes through other code. */
const WARM_UP_IN_FLIGHT = [100, 1] as const;
const WARM_UP_ROUNDS = 3;

/** Every case of a full run. */
export const CASES: readonly Case[] = [
  ...REQUESTS.flatMap((operation) =>
    IN_FLIGHT.map((inFlight) => ({
      name: `${operation}, ${inFlight} in flight`,
      operation,
      inFlight,
    })),
  ),
  { name: `watch and change, ${WATCHERS} nodes`, operation: 'watch', inFlight: WATCHERS },
  { name: `fan-out, ${WATCHERS} watches of a node`, operation: 'fan-out', inFlight: WATCHERS },
];

/**
 * ZooKeeper clients against one standalone Apache ZooKeeper. Each has processes and sessions of its own; rounds
 * alternate between them. The server does not wait for the disk: what clients can do is measured, not what it can.
 */
export const zookeeperClientBench: Bench = {
  name: 'zookeeper-client',
  description:
    'create, set, get, getChildren at 1, 100, 1000 in flight, and watches: ours, npm and Java clients, bare limits',
  run: (settings) => runCases(selected(CASES, settings), settings),
  bars,
};

/** Runs some of the cases; `only` names the subjects, all unless told. */
export async function runCases(
  cases: readonly Case[],
  settings: BenchSettings,
  only?: readonly string[],
): Promise<Row[]> {
  const missing = await missingDebianPackage('zookeeper');
  if (missing !== undefined) throw new Error(missing);
  await using scratch = await temporaryFolder('bench-zookeeper-client');
  await using server = await ApacheZooKeeper.start(
    { tickTime: 2000, forceSync: 'no', snapCount: 10_000_000 },
    ['-Xms1g', '-Xmx1g'],
  );
  await using tree = await Tree.start(server.connectString);
  await using running = new AsyncDisposableStack();
  const processes = Math.max(...cases.map(({ inFlight }) => pace(inFlight, settings).processes));
  const start = { connectString: server.connectString, scratch, running, only, processes };
  const subjects = await startSubjects(start);
  const folders = new Map<Subject, string>();
  for (const subject of subjects) {
    folders.set(subject, await tree.folder(subject.name, WATCHERS));
  }
  // Many calls of every kind first: else the first cases tell how long compilers of JavaScript and Java take.
  for (const operation of new Set(cases.map((each) => each.operation))) {
    for (const inFlight of WARM_UP_IN_FLIGHT) {
      const warmUp = { name: `warm-up, ${operation}`, operation, inFlight };
      const ms = (settings.roundMs * WARM_UP_ROUNDS) / processes;
      await runCase(warmUp, folders, tree, { processes, rounds: 0, ms }, settings);
    }
  }
  const rows: Row[] = [];
  for (const each of cases) {
    const { inFlight } = each;
    rows.push(...(await runCase(each, folders, tree, pace(inFlight, settings), settings)));
  }
  return rows;
}

async function runCase(
  { name, operation, inFlight }: Case,
  folders: Map<Subject, string>,
  tree: Tree,
  { processes, rounds, ms }: Pace,
  { progress }: BenchSettings,
): Promise<Row[]> {
  const results = new Map<Subject, RoundResult[]>();
  for (const subject of folders.keys()) {
    if (takesPart(subject.name, { operation, inFlight })) results.set(subject, []);
  }
  // Round 0 warms up, too, and is not counted.
  for (let round = 0; round <= rounds; round++) {
    progress(`${name}: round ${round} of ${rounds}`);
    for (const [subject, worker] of turns(results.keys(), processes)) {
      const home = folders.get(subject);
      if (home === undefined) continue;
      const folder = operation === 'create' ? await tree.empty(home) : home;
      try {
        const result = await worker.round({ operation, inFlight, ms, folder });
        if (round > 0) results.get(subject)?.push(result);
      } catch (error) {
        if (isOurs(subject.name)) throw error;
        folders.delete(subject);
        results.delete(subject);
        const why = error instanceof Error ? error.message : String(error);
        process.stderr.write(`${subject.name} is left out from '${name}' on: ${why}\n`);
      }
      if (operation === 'create') await tree.sweep(folder);
    }
  }
  return METRICS.flatMap((metric) => figures(name, metric, results));
}

/** Who works in a round, in an order that is another each time. */
function turns(subjects: Iterable<Subject>, processes: number): (readonly [Subject, Worker])[] {
  const all = [...subjects].flatMap((subject) =>
    subject.workers.slice(0, processes).map((worker) => [subject, worker] as const),
  );
  return shuffled(all);
}

/** One metric of all subjects, and ours in relation to each of the others. */
function figures(
  name: string,
  [metric, unit, of]: Metric,
  results: ReadonlyMap<Subject, readonly RoundResult[]>,
): Row[] {
  const rows = [...results]
    .map(([{ name: subject }, ofSubject]) => {
      return { case: name, subject, metric, value: middleMean(ofSubject.map(of)), unit };
    })
    // What a subject does not tell.
    .filter(({ value }) => !Number.isNaN(value));
  const ours = rows.find(({ subject }) => subject === US)?.value ?? Number.NaN;
  const ratios = rows
    .filter(({ subject }) => subject !== US && metric !== KERNEL)
    .map((row) => {
      return { ...row, subject: `${US} / ${row.subject}`, value: ours / row.value, unit: 'x' };
    });
  return [...rows, ...ratios];
}

type Metric = readonly [name: string, unit: string, of: (result: RoundResult) => number];

const METRICS: readonly Metric[] = [
  [THROUGHPUT, 'calls/s', ({ calls, elapsedMs }) => (calls / elapsedMs) * 1000],
  ['p50', 'us', ({ p50Us }) => p50Us],
  ['p99', 'us', ({ p99Us }) => p99Us],
  [CPU, 'us', ({ userUs, systemUs, calls }) => (userUs + (systemUs ?? 0)) / calls],
  [KERNEL, 'us', ({ systemUs, calls }) => (systemUs ?? Number.NaN) / calls],
];

import { Authority } from '@mpim/testkit';
import { type Bar, type Bench, type BenchSettings, median, type Row, selected } from './bench.ts';
import { ALONE, BUSY, CASES, type Case } from './rpc/cases.ts';
import { TLS_NAME, type TlsFiles } from './rpc/echo-subject.ts';
import { type RoundResult, type Subject, startSubject } from './rpc/subject-processes.ts';

const US = 'mprpc';
/** The same with all rules that the services run it with. */
const SERVICE = 'mprpc in services';
const PEER = '@grpc/grpc-js';
const LIMIT = 'raw TCP echo';

const OURS: readonly string[] = [US, SERVICE];

/** Names and kinds, in the order of their rounds. */
const SUBJECTS = [
  [US, 'mprpc'],
  [SERVICE, 'mprpc-service'],
  [PEER, 'grpc'],
  ['@connectrpc/connect-node', 'connect'],
  [LIMIT, 'raw'],
] as const;

/**
 * What every subject does before its first case: calls, so many at once, for so many rounds. What runs once per read and
 * write V8 has compiled for good after some 15,000 calls one at a time. The raw echo makes these in less time: with a
 * warm-up of one round it was warm in the rounds that count and mprpc was not.
 */
const WARM_UP = [
  { inFlight: 64, rounds: 2 },
  { inFlight: 1, rounds: 3 },
] as const;

/**
 * Echoes and streams. Every subject has a server and a client process of its own; rounds alternate between the
 * subjects, so that whatever else the machine does hits all of them.
 */
export const rpcBench: Bench = {
  name: 'rpc',
  description:
    'unary 100 B and 4 KB at 1 to 512 in flight, streams, TLS: mprpc, @grpc/grpc-js, connect-node, raw TCP',
  defaults: { rounds: 3, roundMs: 400 },
  run,
  bars,
};

async function run(settings: BenchSettings): Promise<Row[]> {
  const cases = selected(CASES, settings);
  const rows: Row[] = [];
  for (const [encrypted, ofKind] of Map.groupBy(cases, ({ tls }) => tls)) {
    await using subjects = new AsyncDisposableStack();
    const tls = encrypted ? makeTls() : undefined;
    const started = await startAll(subjects, tls);
    await warmUp(started, settings);
    for (const each of ofKind) rows.push(...(await runCase(started, each, settings)));
  }
  return rows;
}

/** Starts all at once; they end with `running`, also those that started when another did not. */
async function startAll(
  running: AsyncDisposableStack,
  tls: TlsFiles | undefined,
): Promise<Subject[]> {
  const starts = SUBJECTS.map(async ([name, kind]) =>
    running.use(await startSubject(name, kind, tls)),
  );
  await Promise.allSettled(starts);
  return Promise.all(starts);
}

async function warmUp(
  subjects: readonly Subject[],
  { roundMs, progress }: BenchSettings,
): Promise<void> {
  for (const { inFlight, rounds } of WARM_UP) {
    const request = { call: 'echo', payloadBytes: 100, messages: 1, inFlight } as const;
    for (const subject of subjects) {
      progress(`warming up ${subject.name}, ${inFlight} in flight`);
      const result = await subject.round({ ...request, ms: rounds * roundMs });
      tellFailures('warm-up', subject.name, result);
    }
  }
}

function makeTls(): TlsFiles {
  const authority = new Authority('bench');
  return { ca: authority.ca, ...authority.issue(TLS_NAME) };
}

async function runCase(
  subjects: readonly Subject[],
  { name, call, payloadBytes, messages, inFlight }: Case,
  { rounds, roundMs: ms, progress }: BenchSettings,
): Promise<Row[]> {
  const results = new Map<string, RoundResult[]>(subjects.map((subject) => [subject.name, []]));
  // Round 0 warms up what is particular to the case.
  for (let round = 0; round <= rounds; round++) {
    for (const subject of subjects) {
      progress(`${name}, ${subject.name}: round ${round} of ${rounds}`);
      const result = await subject.round({ call, payloadBytes, messages, inFlight, ms });
      tellFailures(name, subject.name, result);
      if (round > 0 && result.client.calls > 0) results.get(subject.name)?.push(result);
    }
  }
  // A peer none of whose calls came back in time has no figures.
  const measured = subjects.filter((subject) => results.get(subject.name)?.length !== 0);
  const figure = (subject: string, of: Metric['of']): number =>
    median((results.get(subject) ?? []).map((result) => of(result, messages)));
  return METRICS.flatMap(({ metric, unit, of }) => [
    ...measured.map(({ name: subject }) => {
      const unitHere = call === 'stream' ? unit.replace('call', 'message') : unit;
      return { case: name, subject, metric, value: figure(subject, of), unit: unitHere };
    }),
    ...OURS.flatMap((us) =>
      measured
        .filter(({ name: other }) => !OURS.includes(other))
        .map(({ name: other }) => {
          const value = figure(us, of) / figure(other, of);
          return { case: name, subject: `${us} / ${other}`, metric, value, unit: 'x' };
        }),
    ),
  ]);
}

/** A peer may fail now and then, and is told on; ours may not. */
function tellFailures(name: string, subject: string, { client }: RoundResult): void {
  const { failures, failure, calls } = client;
  if (failures === 0) return;
  const text = `${name}, ${subject}: ${failures} of ${calls + failures} calls failed: ${failure}`;
  if (subject === US || subject === SERVICE || subject === LIMIT) throw new Error(text);
  process.stderr.write(`${text}\n`);
}

interface Metric {
  readonly metric: string;
  readonly unit: string;
  /** `messages`: what a call is counted as. */
  readonly of: (result: RoundResult, messages: number) => number;
}

const METRICS: readonly Metric[] = [
  {
    metric: 'throughput',
    unit: 'calls/s',
    of: ({ client }, messages) => (client.calls * messages * 1000) / client.elapsedMs,
  },
  { metric: 'p50', unit: 'us', of: ({ client }) => client.p50Us },
  { metric: 'p99', unit: 'us', of: ({ client }) => client.p99Us },
  {
    metric: 'client CPU',
    unit: 'us/call',
    of: ({ client }, messages) => client.cpuUs / client.calls / messages,
  },
  {
    metric: 'server CPU',
    unit: 'us/call',
    of: ({ client, server }, messages) => server.cpuUs / client.calls / messages,
  },
  {
    metric: 'client heap',
    unit: 'B/call',
    of: ({ client }, messages) => client.heapBytes / client.calls / messages,
  },
  {
    metric: 'server heap',
    unit: 'B/call',
    of: ({ client, server }, messages) => server.heapBytes / client.calls / messages,
  },
];

/** What mprpc is to reach, as far as its cases were run. */
function bars(rows: readonly Row[]): Bar[] {
  return OURS.flatMap((us) => [
    bar(rows, us, BUSY, LIMIT, 'throughput', 'at least', 0.5),
    bar(rows, us, BUSY, PEER, 'throughput', 'at least', 20),
    bar(rows, us, ALONE, LIMIT, 'p50', 'at most', 1.5),
  ]).filter((each) => each !== undefined);
}

function bar(
  rows: readonly Row[],
  us: string,
  ofCase: string,
  other: string,
  metric: string,
  bound: Bar['bound'],
  limit: number,
): Bar | undefined {
  const value = rows.find(
    (row) => row.case === ofCase && row.metric === metric && row.subject === `${us} / ${other}`,
  )?.value;
  if (value === undefined) return undefined;
  const isMet = bound === 'at least' ? value >= limit : value <= limit;
  return {
    name: `${ofCase}: ${metric} of ${us} / ${other}`,
    value,
    bound,
    limit,
    unit: 'x',
    isMet,
  };
}

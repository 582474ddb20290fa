import type { Bar, Bench, BenchSettings, Curve, Row } from './bench.ts';
import { median, selected } from './bench.ts';
import { size } from './rpc/cases.ts';
import type { CurveRequest } from './rpc/curve-client-process.ts';
import type { ClientRound } from './rpc/round.ts';
import { ask, type Subject, start, startSubject } from './rpc/subject-processes.ts';
import type { Usage } from './rpc/usage.ts';

const COST = 'CPU of both sides';
const RAW_COST = 'CPU of a raw echo';
/** A call that shares its writes and reads with no other: what many connections come to at worst. */
const ALONE = 'alone';
const PAYLOAD_BYTES = 100;

/** One table and one curve: how the cost of a call changes with one size. */
interface Dimension {
  readonly name: string;
  readonly sizes: readonly number[];
  readonly label: (size: number) => string;
  readonly inFlight: number;
  /** What a size means for a round. */
  readonly of: (
    size: number,
  ) => Pick<CurveRequest, 'channels' | 'copies' | 'payloadBytes'> & { ports: number };
  /** What a step of this factor may cost. */
  readonly allowed: (factor: number) => number;
  /** The raw echo is measured beside it, and what a step costs there may be paid here too. */
  readonly besideRaw?: boolean;
}

const DIMENSIONS: readonly Dimension[] = [
  {
    name: 'instances',
    sizes: [1, 4, 16, 64, 250, 1000],
    label: String,
    inFlight: 128,
    of: (ports) => ({ ports, copies: 1, channels: 1, payloadBytes: PAYLOAD_BYTES }),
    allowed: (factor) => factor,
  },
  {
    name: 'instances of one address',
    sizes: [1, 4, 16, 64, 250, 1000],
    label: String,
    inFlight: 128,
    of: (copies) => ({ ports: 1, copies, channels: 1, payloadBytes: PAYLOAD_BYTES }),
    allowed: () => 1,
  },
  {
    name: 'connections',
    sizes: [1, 2, 4, 8, 16, 32, 64],
    label: String,
    inFlight: 128,
    of: (channels) => ({ ports: 1, copies: 1, channels, payloadBytes: PAYLOAD_BYTES }),
    allowed: (factor) => factor,
  },
  {
    name: 'payload',
    sizes: [64, 256, 1024, 4096, 16384, 65536, 262144, 1048576],
    label: size,
    inFlight: 16,
    of: (payloadBytes) => ({ ports: 1, copies: 1, channels: 1, payloadBytes }),
    allowed: (factor) => factor,
    besideRaw: true,
  },
];

/** What a call costs as services, connections and messages grow. */
export const rpcCurveBench: Bench = {
  name: 'rpc-curve',
  description:
    'mprpc: the cost of a call with 1 to 1000 instances, 1 to 64 connections, 64 B to 1 MB',
  defaults: { rounds: 3, roundMs: 200 },
  run,
  bars,
  curves,
};

async function run(settings: BenchSettings): Promise<Row[]> {
  const rows: Row[] = [];
  for (const dimension of selected(DIMENSIONS, settings)) {
    rows.push(...(await runDimension(dimension, settings)));
  }
  return rows;
}

/** Each in processes of its own: what a thousand instances leave on the heap makes every garbage collection dearer. */
async function runDimension(
  { name, sizes, label, inFlight, of, besideRaw = false }: Dimension,
  settings: BenchSettings,
): Promise<Row[]> {
  await using running = new AsyncDisposableStack();
  const points = scaled(sizes, settings).map((each) => ({
    subject: label(each),
    inFlight,
    ...of(each),
  }));
  const most = Math.max(...points.map(({ ports }) => ports));
  const server = start('curve-server-process.ts', String(most), running);
  const ports = await ask<number[]>(server, 'start');
  const client = start('curve-client-process.ts', '', running);
  const raw = besideRaw
    ? running.use(await startSubject('raw TCP echo', 'raw', undefined))
    : undefined;
  const measure = async (request: CurveRequest): Promise<Figures> => {
    // Connecting is not what is measured.
    await ask<'connected'>(client, { ...request, ms: 0 });
    await ask<'measuring'>(server, 'begin');
    const ofClient = await ask<ClientRound>(client, request);
    const ofServer = await ask<Usage>(server, 'end');
    if (ofClient.failure !== undefined) throw new Error(ofClient.failure);
    return figures(ofClient, ofServer);
  };
  const [smallest] = points;
  if (smallest !== undefined && (name === 'instances' || name === 'connections')) {
    points.push({ ...smallest, subject: ALONE, inFlight: 1 });
  }
  const results = new Map<string, Figures[]>(points.map(({ subject }) => [subject, []]));
  const rawCosts = new Map<string, number[]>();
  // Round 0 warms up; then the sizes take turns, so that whatever else the machine does hits all of them.
  for (let round = 0; round <= settings.rounds; round++) {
    for (const { subject, ports: count, ...rest } of points) {
      settings.progress(`${name}, ${subject}: round ${round} of ${settings.rounds}`);
      const result = await measure({
        ...rest,
        ports: ports.slice(0, count),
        call: 'echo',
        messages: 1,
        ms: settings.roundMs,
      });
      const cost = raw && (await rawCost(raw, rest.payloadBytes, rest.inFlight, settings));
      if (round === 0) continue;
      results.get(subject)?.push(result);
      if (cost !== undefined) rawCosts.set(subject, [...(rawCosts.get(subject) ?? []), cost]);
    }
  }
  return [
    ...METRICS.flatMap(([metric, unit]) =>
      [...results].map(([subject, rounds]) => {
        const value = median(rounds.map((figure) => figure[metric]));
        return { case: name, subject, metric, value, unit };
      }),
    ),
    ...[...rawCosts].map(([subject, costs]) => {
      return { case: name, subject, metric: RAW_COST, value: median(costs), unit: 'us/call' };
    }),
  ];
}

async function rawCost(
  raw: Subject,
  payloadBytes: number,
  inFlight: number,
  { roundMs: ms }: BenchSettings,
): Promise<number> {
  const { client, server } = await raw.round({
    call: 'echo',
    payloadBytes,
    messages: 1,
    inFlight,
    ms,
  });
  if (client.failure !== undefined) throw new Error(client.failure);
  return (client.cpuUs + server.cpuUs) / client.calls;
}

/** The sizes up to the share that is asked for; the first two always. */
function scaled(
  sizes: readonly number[],
  { scale }: Pick<BenchSettings, 'scale'>,
): readonly number[] {
  const most = Math.ceil((sizes.at(-1) ?? 1) * scale);
  return sizes.filter((each, index) => index < 2 || each <= most);
}

const METRICS = [
  ['throughput', 'calls/s'],
  ['p50', 'us'],
  ['p99', 'us'],
  [COST, 'us/call'],
  ['client heap', 'B/call'],
  ['server heap', 'B/call'],
] as const;

type Figures = Record<(typeof METRICS)[number][0], number>;

function figures(client: ClientRound, server: Usage): Figures {
  const { calls } = client;
  return {
    throughput: (calls / client.elapsedMs) * 1000,
    p50: client.p50Us,
    p99: client.p99Us,
    [COST]: (client.cpuUs + server.cpuUs) / calls,
    'client heap': client.heapBytes / calls,
    'server heap': server.heapBytes / calls,
  };
}

function curves(rows: readonly Row[]): Curve[] {
  return DIMENSIONS.flatMap(({ name, sizes, label }) => {
    const points = sizes.flatMap((each) => {
      const value = cost(rows, name, label(each));
      return value === undefined ? [] : [{ size: each, label: label(each), value }];
    });
    const title = `${name}: ${COST}, us per call`;
    return points.length === 0 ? [] : [{ title, axis: name, unit: 'us', points }];
  });
}

/**
 * No cliffs: no step may cost a quarter more than what explains it. A payload costs by its bytes, or by what the same
 * step costs a raw echo, which shows what the caches and the kernel do with large buffers. Of many connections each
 * carries fewer calls, which share a write and a read, so the cost may grow as their number does, but never beyond that
 * of calls that share nothing. Choosing among instances costs the same however many there are.
 */
function bars(rows: readonly Row[]): Bar[] {
  return curves(rows).flatMap(({ axis, points }) => {
    const dimension = DIMENSIONS.find(({ name }) => name === axis);
    const steps = points.slice(1).map((point, index) => {
      const before = points[index] ?? point;
      const factor = point.size / before.size;
      const ofRaw =
        (cost(rows, axis, point.label, RAW_COST) ?? 0) /
        (cost(rows, axis, before.label, RAW_COST) ?? 1);
      const allowed = Math.max(dimension?.allowed(factor) ?? factor, ofRaw);
      return {
        name: `${before.label} to ${point.label}`,
        value: point.value / before.value / allowed,
      };
    });
    const steepest = steps.toSorted((a, b) => b.value - a.value)[0];
    const found: Bar[] = [];
    if (steepest !== undefined) {
      found.push(
        atMost(`${axis}: the steepest step, ${steepest.name}, of what is allowed`, steepest.value),
      );
    }
    const alone = cost(rows, axis, ALONE);
    const dearest = Math.max(...points.map(({ value }) => value));
    if (alone !== undefined) {
      found.push(atMost(`${axis}: the dearest, of a call that shares nothing`, dearest / alone));
    }
    return found;
  });
}

const LIMIT = 1.25;

function atMost(name: string, value: number): Bar {
  return { name, value, bound: 'at most', limit: LIMIT, unit: 'x', isMet: value <= LIMIT };
}

function cost(
  rows: readonly Row[],
  name: string,
  subject: string,
  metric = COST,
): number | undefined {
  return rows.find((row) => row.case === name && row.subject === subject && row.metric === metric)
    ?.value;
}

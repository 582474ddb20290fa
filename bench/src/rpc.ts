import type { Bench, BenchSettings, Row } from './bench.ts';
import { median } from './bench.ts';
import type { RoundResult } from './rpc/client-process.ts';
import { type Subject, startSubject } from './rpc/subject-processes.ts';

const US = 'mprpc';
const PEER = '@grpc/grpc-js';
const LIMIT = 'raw TCP echo';
const IN_FLIGHT = [1, 128] as const;
const PAYLOAD_BYTES = 100;

/**
 * Unary echo of 100 bytes. Every subject has a server and a client process of its own; rounds alternate
 * between the subjects, so that whatever else the machine does hits all of them.
 */
export const rpcBench: Bench = {
  name: 'rpc',
  description: 'unary echo of 100 bytes, 1 and 128 in flight: mprpc, @grpc/grpc-js, raw TCP',
  run,
};

async function run(settings: BenchSettings): Promise<Row[]> {
  await using subjects = new AsyncDisposableStack();
  const started: Subject[] = [];
  for (const [name, kind] of [
    [US, 'mprpc'],
    [PEER, 'grpc'],
    [LIMIT, 'raw'],
  ] as const) {
    started.push(subjects.use(await startSubject(name, kind, PAYLOAD_BYTES)));
  }
  const rows: Row[] = [];
  for (const inFlight of IN_FLIGHT) rows.push(...(await runCase(started, inFlight, settings)));
  return rows;
}

async function runCase(
  subjects: readonly Subject[],
  inFlight: number,
  { rounds, roundMs, progress }: BenchSettings,
): Promise<Row[]> {
  const name = `${inFlight} in flight`;
  const results = new Map<string, RoundResult[]>(subjects.map((subject) => [subject.name, []]));
  // Round 0 warms up.
  for (let round = 0; round <= rounds; round++) {
    for (const subject of subjects) {
      progress(`${name}, ${subject.name}: round ${round} of ${rounds}`);
      const result = await subject.round({ inFlight, ms: roundMs });
      if (round > 0) results.get(subject.name)?.push(result);
    }
  }
  const rows: Row[] = [];
  const figure = (subject: string, of: (result: RoundResult) => number): number =>
    median((results.get(subject) ?? []).map(of));
  for (const [metric, unit, of] of METRICS) {
    for (const { name: subject } of subjects) {
      rows.push({ case: name, subject, metric, value: figure(subject, of), unit });
    }
    for (const other of [PEER, LIMIT]) {
      const value = figure(US, of) / figure(other, of);
      rows.push({ case: name, subject: `${US} / ${other}`, metric, value, unit: 'x' });
    }
  }
  return rows;
}

const METRICS: readonly (readonly [string, string, (result: RoundResult) => number])[] = [
  ['throughput', 'calls/s', (result) => result.callsPerSecond],
  ['p50', 'us', (result) => result.p50Us],
  ['p99', 'us', (result) => result.p99Us],
  ['client CPU per call', 'us', (result) => result.cpuUsPerCall],
];

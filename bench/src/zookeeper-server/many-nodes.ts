import { execFile } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { BenchSettings, Row } from '../bench.ts';
import { DATA_BYTES } from './frames.ts';
import type { LoadClient } from './load-client.ts';
import { cpuUsOf, rssMiBOf } from './process-figures.ts';
import { figuresOf, type Metric } from './rows.ts';
import { PEER, ServerProcess, US } from './server-process.ts';

const run = promisify(execFile);

const NODES = 1_000_000;
const WIDE = 100_000;
const PER_FOLDER = 1000;
const CONNECTIONS = 4;
const REST_MS = 10_000;
const DATA_FOLDER = '/many';
const WIDE_FOLDER = '/many/wide';

interface Figures {
  readonly createsPerSecond: number;
  readonly cpuUsPerCreate: number;
  readonly rssMiB: number;
  readonly rssAtRestMiB: number;
  readonly wideMs: number;
  readonly wideCpuMs: number;
  readonly restartMs: number;
  readonly rssAfterRestartMiB: number;
}

const METRICS: readonly Metric<Figures>[] = [
  ['creates', 'calls/s', ({ createsPerSecond }) => createsPerSecond],
  ['CPU per create', 'us', ({ cpuUsPerCreate }) => cpuUsPerCreate],
  ['RSS when loaded', 'MiB', ({ rssMiB }) => rssMiB],
  [`RSS ${REST_MS / 1000} s later`, 'MiB', ({ rssAtRestMiB }) => rssAtRestMiB],
  ['restart', 'ms', ({ restartMs }) => restartMs],
  ['RSS after restart', 'MiB', ({ rssAfterRestartMiB }) => rssAfterRestartMiB],
];

const WIDE_METRICS: readonly Metric<Figures>[] = [
  ['p50', 'ms', ({ wideMs }) => wideMs],
  ['server CPU per call', 'ms', ({ wideCpuMs }) => wideCpuMs],
];

/** What the case is called at this scale. */
export function manyNodesName(settings: BenchSettings): string {
  const { wide, folders } = sizesOf(settings);
  return `${(wide + folders * PER_FOLDER).toLocaleString('en')} nodes of ${DATA_BYTES} bytes`;
}

function sizesOf({ scale }: BenchSettings): { wide: number; folders: number } {
  const folders = Math.ceil(((NODES - WIDE) * scale) / PER_FOLDER);
  return { wide: Math.ceil(WIDE * scale), folders };
}

/** A tree so large that memory and the way back from disk count: one server after the other, once each. */
export async function runManyNodes(
  load: LoadClient,
  scratch: string,
  settings: BenchSettings,
): Promise<Row[]> {
  const { wide, folders } = sizesOf(settings);
  const name = manyNodesName(settings);
  const results = new Map<string, Figures[]>();
  const onOneDirectory = new Map<string, number[]>();
  for (const subject of [US, PEER]) {
    settings.progress(`${name}, ${subject}`);
    await using server = await ServerProcess.create(subject, scratch);
    results.set(subject, [await measure(load, server, { wide, folders }, settings)]);
    if (subject !== US) continue;
    await server.stop();
    for (const other of [US, PEER])
      onOneDirectory.set(other, [await startOn(server, other, scratch)]);
  }
  const children = `children of a node that has ${wide.toLocaleString('en')}`;
  return [
    ...figuresOf(name, METRICS, results),
    ...figuresOf(
      name,
      [['restart on the same directory', 'ms', (ms: number) => ms]],
      onOneDirectory,
    ),
    ...figuresOf(children, WIDE_METRICS, results),
  ];
}

/** How long a server takes to start, in ms, on a copy of another one's data. */
async function startOn(data: ServerProcess, subject: string, scratch: string): Promise<number> {
  await using server = await ServerProcess.create(subject, scratch, data);
  await run('sync');
  return await server.start();
}

async function measure(
  load: LoadClient,
  server: ServerProcess,
  { wide, folders }: { wide: number; folders: number },
  { scale, roundMs }: BenchSettings,
): Promise<Figures> {
  await server.start();
  const { port } = server;
  await load.run({ kind: 'open', port, connections: CONNECTIONS });
  const paths = Array.from({ length: folders }, (_, i) => `${DATA_FOLDER}/f${i}`);
  await load.run({ kind: 'make', paths: [DATA_FOLDER, WIDE_FOLDER, ...paths] });
  const before = cpuUsOf(server.pid);
  const filled = await load.run({
    kind: 'fill',
    folders: [
      { path: WIDE_FOLDER, count: wide },
      ...paths.map((path) => {
        return { path, count: PER_FOLDER };
      }),
    ],
  });
  const cpuUsPerCreate = (cpuUsOf(server.pid) - before) / filled.calls;
  const rssMiB = rssMiBOf(server.pid);
  await delay(REST_MS * scale);
  const rssAtRestMiB = rssMiBOf(server.pid);
  const read = { operation: 'getWide', inFlight: 1, folder: WIDE_FOLDER } as const;
  await load.run({ kind: 'open', port, connections: 1 });
  await load.run({ kind: 'round', ...read, ms: roundMs });
  const beforeWide = cpuUsOf(server.pid);
  const { p50Us, calls } = await load.run({ kind: 'round', ...read, ms: roundMs });
  const wideCpuMs = (cpuUsOf(server.pid) - beforeWide) / calls / 1000;
  await load.run({ kind: 'close' });
  await server.stop();
  // What the disk still has to do with the load is not part of the start.
  await run('sync');
  const restartMs = await server.start();
  return {
    createsPerSecond: (filled.calls / filled.elapsedMs) * 1000,
    cpuUsPerCreate,
    rssMiB,
    rssAtRestMiB,
    wideMs: p50Us / 1000,
    wideCpuMs,
    restartMs,
    rssAfterRestartMiB: rssMiBOf(server.pid),
  };
}

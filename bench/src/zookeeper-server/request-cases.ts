import type { BenchSettings, Row } from '../bench.ts';
import type { BareDisk } from './bare-disk.ts';
import { pathsOf } from './frames.ts';
import type { LoadClient } from './load-client.ts';
import type { LoadOperation, LoadResult } from './load-request.ts';
import { cpuUsOf } from './process-figures.ts';
import { figuresOf } from './rows.ts';
import { DISK, type ServerProcess } from './server-process.ts';

/** One kind of load. */
export interface RequestCase {
  readonly name: string;
  readonly operation: LoadOperation;
  readonly inFlight: number;
  readonly connections: number;
}

const OPERATIONS = ['create', 'set', 'get', 'getChildren', 'mixed'] as const;
const IN_FLIGHT = [1, 100, 1000] as const;
const CONNECTIONS = [1, 50] as const;

/** Every kind of load of a full run. */
export const REQUEST_CASES: readonly RequestCase[] = OPERATIONS.flatMap((operation) =>
  CONNECTIONS.flatMap((connections) =>
    IN_FLIGHT.map((inFlight) => {
      const over = connections === 1 ? '1 connection' : `${connections} connections`;
      return {
        name: `${operation}, ${inFlight} in flight, ${over}`,
        operation,
        inFlight,
        connections,
      };
    }),
  ),
);

/** The JVM and V8 compile what they do often; so many rounds of everything come before anything is measured. */
const WARM_UP_ROUNDS = 4;
const WARM_UP_OPERATIONS = ['mixed', 'getChildren', 'set', 'create'] as const;
/** What comes alone goes other ways. */
const WARM_UP_IN_FLIGHT = [1000, 1] as const;

/** What a round gave, with the server's own CPU time; NaN where there is none to measure. */
export type Measured = LoadResult & { readonly serverCpuUs: number };

/** Who takes part. */
export interface RequestParts {
  readonly load: LoadClient;
  readonly servers: readonly ServerProcess[];
  readonly disk: BareDisk;
}

/**
 * Create, set, get, getChildren and both mixed, in turns on servers that run. With one request in flight, where most of the
 * time is the kernel's and the disk's, three times as many rounds of half the length.
 */
export async function runRequests(
  { load, servers, disk }: RequestParts,
  cases: readonly RequestCase[],
  { rounds, roundMs: ms, progress }: BenchSettings,
): Promise<Row[]> {
  const folders = new Folders();
  for (const server of servers) {
    progress(`warming up ${server.name}`);
    await warmUp(load, server, ms, folders);
  }
  const rows: Row[] = [];
  for (const each of cases) {
    const results = new Map<string, Measured[]>(servers.map(({ name }) => [name, []]));
    if (waitsForDisk(each)) results.set(DISK, []);
    const [count, length] = each.inFlight === 1 ? [rounds * 3, ms / 2] : [rounds, ms];
    // Round 0 warms up.
    for (let round = 0; round <= count; round++) {
      const roundMs = round === 0 ? ms : length;
      for (const [name, measured] of results) {
        progress(`${each.name}, ${name}: round ${round} of ${count}`);
        const server = servers.find((one) => one.name === name);
        const result =
          server === undefined
            ? { ...disk.round(roundMs), cpuUs: Number.NaN, serverCpuUs: Number.NaN }
            : await measure(load, server, each, roundMs, folders);
        if (round > 0) measured.push(result);
      }
    }
    rows.push(...figuresOf(each.name, METRICS, results));
  }
  await load.run({ kind: 'close' });
  return rows;
}

/** With one request in flight there is nothing to do while it is written. */
function waitsForDisk({ operation, inFlight }: RequestCase): boolean {
  return inFlight === 1 && (operation === 'create' || operation === 'set');
}

/** Names of folders, none of them twice. */
class Folders {
  #count = 0;

  next(): string {
    return `/load/c${String(this.#count++).padStart(6, '0')}`;
  }
}

async function warmUp(
  load: LoadClient,
  server: ServerProcess,
  ms: number,
  folders: Folders,
): Promise<void> {
  await load.run({ kind: 'open', port: server.port, connections: 1 });
  await load.run({ kind: 'make', paths: pathsOf('/load') });
  for (const operation of WARM_UP_OPERATIONS) {
    for (const inFlight of WARM_UP_IN_FLIGHT) {
      const warmUp = { name: 'warm-up', operation, inFlight, connections: 1 };
      for (let i = 0; i < WARM_UP_ROUNDS; i++) await measure(load, server, warmUp, ms, folders);
    }
  }
}

async function measure(
  load: LoadClient,
  { port, pid }: ServerProcess,
  { operation, inFlight, connections }: RequestCase,
  ms: number,
  folders: Folders,
): Promise<Measured> {
  await load.run({ kind: 'open', port, connections });
  const isCreate = operation === 'create';
  const folder = isCreate ? folders.next() : '/load';
  if (isCreate) await load.run({ kind: 'make', paths: [folder] });
  const before = cpuUsOf(pid);
  const result = await load.run({ kind: 'round', operation, inFlight, ms, folder });
  const serverCpuUs = cpuUsOf(pid) - before;
  if (isCreate) {
    await load.run({ kind: 'sweep', folders: [{ path: folder, count: result.calls }] });
  }
  return { ...result, serverCpuUs };
}

const METRICS = [
  ['throughput', 'calls/s', ({ calls, elapsedMs }: Measured) => (calls / elapsedMs) * 1000],
  ['p50', 'us', ({ p50Us }: Measured) => p50Us],
  ['p99', 'us', ({ p99Us }: Measured) => p99Us],
  ['server CPU per call', 'us', ({ serverCpuUs, calls }: Measured) => serverCpuUs / calls],
  ['load CPU per call', 'us', ({ cpuUs, calls }: Measured) => cpuUs / calls],
] as const;

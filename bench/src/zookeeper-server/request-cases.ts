import type { BenchSettings, Row } from '../bench.ts';
import { pathsOf } from './frames.ts';
import type { LoadClient } from './load-client.ts';
import type { LoadOperation, LoadResult } from './load-request.ts';
import { cpuUsOf } from './process-figures.ts';
import { figuresOf } from './rows.ts';
import type { ServerProcess } from './server-process.ts';

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

/** A JVM compiles what it does often; this long it is loaded before anything is measured. */
const WARM_UP_ROUNDS = 4;

/** What a round gave, with the server's own CPU time. */
export type Measured = LoadResult & { readonly serverCpuUs: number };

/** Create, set, get, getChildren and both mixed, in turns on servers that run. */
export async function runRequests(
  load: LoadClient,
  servers: readonly ServerProcess[],
  cases: readonly RequestCase[],
  { rounds, roundMs: ms, progress }: BenchSettings,
): Promise<Row[]> {
  for (const { name, port } of servers) {
    progress(`warming up ${name}`);
    await load.run({ kind: 'open', port, connections: 1 });
    await load.run({ kind: 'make', paths: pathsOf('/load') });
    for (const operation of ['mixed', 'getChildren'] as const) {
      for (let i = 0; i < WARM_UP_ROUNDS; i++) {
        await load.run({ kind: 'round', operation, inFlight: 1000, ms, folder: '/load' });
      }
    }
  }
  const rows: Row[] = [];
  let parents = 0;
  for (const { name, operation, inFlight, connections } of cases) {
    const results = new Map<string, Measured[]>(servers.map((server) => [server.name, []]));
    // Round 0 warms up.
    for (let round = 0; round <= rounds; round++) {
      for (const server of servers) {
        progress(`${name}, ${server.name}: round ${round} of ${rounds}`);
        await load.run({ kind: 'open', port: server.port, connections });
        let folder = '/load';
        if (operation === 'create') {
          folder = `/load/c${String(parents++).padStart(6, '0')}`;
          await load.run({ kind: 'make', paths: [folder] });
        }
        const before = cpuUsOf(server.pid);
        const result = await load.run({ kind: 'round', operation, inFlight, ms, folder });
        const serverCpuUs = cpuUsOf(server.pid) - before;
        if (round > 0) results.get(server.name)?.push({ ...result, serverCpuUs });
        if (operation === 'create') {
          await load.run({ kind: 'sweep', folders: [{ path: folder, count: result.calls }] });
        }
      }
    }
    rows.push(...figuresOf(name, METRICS, results));
  }
  await load.run({ kind: 'close' });
  return rows;
}

const METRICS = [
  ['throughput', 'calls/s', ({ calls, elapsedMs }: Measured) => (calls / elapsedMs) * 1000],
  ['p50', 'us', ({ p50Us }: Measured) => p50Us],
  ['p99', 'us', ({ p99Us }: Measured) => p99Us],
  ['server CPU per call', 'us', ({ serverCpuUs, calls }: Measured) => serverCpuUs / calls],
  ['load CPU per call', 'us', ({ cpuUs, calls }: Measured) => cpuUs / calls],
] as const;

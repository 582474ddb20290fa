import type { BenchSettings, Row } from '../bench.ts';
import type { LoadClient } from './load-client.ts';
import { cpuUsOf } from './process-figures.ts';
import type { Measured } from './request-cases.ts';
import { figuresOf } from './rows.ts';
import type { ServerProcess } from './server-process.ts';

const WATCHERS = 10_000;
const NODE = '/watched';

/** What the case is called at this scale. */
export function fanOutName(settings: BenchSettings): string {
  return `fan-out to ${watchersOf(settings).toLocaleString('en')} watches, a session each`;
}

function watchersOf({ scale }: BenchSettings): number {
  return Math.ceil(WATCHERS * scale);
}

/** One change of a node that very many sessions watch. */
export async function runFanOut(
  load: LoadClient,
  servers: readonly ServerProcess[],
  settings: BenchSettings,
): Promise<Row[]> {
  const watchers = watchersOf(settings);
  const name = fanOutName(settings);
  const results = new Map<string, Measured[]>();
  for (const { name: subject, port, pid } of servers) {
    const measured: Measured[] = [];
    await load.run({ kind: 'open', port, connections: 1 });
    await load.run({ kind: 'make', paths: [NODE] });
    await load.run({ kind: 'open', port, connections: watchers });
    for (let round = 0; round <= settings.rounds; round++) {
      settings.progress(`${name}, ${subject}: round ${round} of ${settings.rounds}`);
      await load.run({ kind: 'arm', path: NODE });
      const before = cpuUsOf(pid);
      const result = await load.run({ kind: 'fire', path: NODE });
      if (round > 0) measured.push({ ...result, serverCpuUs: cpuUsOf(pid) - before });
    }
    results.set(subject, measured);
    await load.run({ kind: 'close' });
  }
  return figuresOf(name, METRICS, results);
}

const METRICS = [
  ['throughput', 'events/s', ({ calls, elapsedMs }: Measured) => (calls / elapsedMs) * 1000],
  ['first half after', 'us', ({ p50Us }: Measured) => p50Us],
  ['all after', 'us', ({ elapsedMs }: Measured) => elapsedMs * 1000],
  ['server CPU per event', 'us', ({ serverCpuUs, calls }: Measured) => serverCpuUs / calls],
  ['load CPU per event', 'us', ({ cpuUs, calls }: Measured) => cpuUs / calls],
] as const;

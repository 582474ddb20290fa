import type { Bar, Row } from '../bench.ts';
import { CLIENT_LIMIT, LIMIT, LIMITS, PURE_NAME, US } from './subjects.ts';

/** Names of metrics that bars are about. */
export const THROUGHPUT = 'throughput';
export const CPU = 'client CPU per call';
export const KERNEL = 'of it in the kernel';

const MOST_CPU = 0.5;

/**
 * For each case: the highest throughput of all clients, and at most half of node-zookeeper-client's CPU. Beside them
 * stands what the limit has in the same measure: the raw socket, and for CPU the bare promises on it.
 */
export function bars(rows: readonly Row[]): Bar[] {
  const cases = Map.groupBy(rows, (row) => row.case);
  return [...cases].flatMap(([name, ofCase]) => [
    ...fastest(name, valuesOf(ofCase, THROUGHPUT)),
    ...cheap(name, valuesOf(ofCase, CPU)),
  ]);
}

/** What a metric is for each subject. */
function valuesOf(rows: readonly Row[], metric: string): Map<string, number> {
  const absolute = rows.filter((row) => row.metric === metric && row.unit !== 'x');
  return new Map(absolute.map(({ subject, value }) => [subject, value]));
}

function fastest(name: string, throughput: ReadonlyMap<string, number>): Bar[] {
  const ours = throughput.get(US);
  const isPeer = (subject: string): boolean => subject !== US && !LIMITS.includes(subject);
  const peers = [...throughput].filter(([subject]) => isPeer(subject));
  const [best] = peers.toSorted(([, a], [, b]) => b - a);
  if (ours === undefined || best === undefined) return [];
  const [peer, value] = best;
  const beside = besideLimit(LIMIT, throughput, value);
  return [atLeast(`${name}: throughput / ${peer}, the best of the others${beside}`, ours / value)];
}

function cheap(name: string, cpu: ReadonlyMap<string, number>): Bar[] {
  const [ours, theirs] = [cpu.get(US), cpu.get(PURE_NAME)];
  if (ours === undefined || theirs === undefined) return [];
  const value = ours / theirs;
  const isMet = value <= MOST_CPU;
  const isOutOfReach = !isMet && (cpu.get(CLIENT_LIMIT) ?? 0) / theirs > MOST_CPU;
  const beside = besideLimit(CLIENT_LIMIT, cpu, theirs, isOutOfReach ? 'out of reach, ' : '');
  return [
    {
      name: `${name}: ${CPU} / ${PURE_NAME}${beside}`,
      value,
      bound: 'at most',
      limit: MOST_CPU,
      unit: 'x',
      isMet,
    },
  ];
}

function atLeast(name: string, value: number): Bar {
  return { name, value, bound: 'at least', limit: 1, unit: 'x', isMet: value >= 1 };
}

/** The limit in the same measure. */
function besideLimit(
  name: string,
  values: ReadonlyMap<string, number>,
  unit: number,
  note = '',
): string {
  const limit = values.get(name);
  return limit === undefined ? '' : ` (${note}${name}: ${(limit / unit).toFixed(2)} x)`;
}

import type { Bar, Row } from '../bench.ts';
import { LIMIT, PEER, US } from './server-process.ts';

interface Bound {
  /** Whether a ratio of ours to the peer's falls under it. */
  readonly covers: (row: Row) => boolean;
  readonly bound: Bar['bound'];
  readonly limit: number;
}

const BOUNDS: readonly Bound[] = [
  {
    covers: ({ case: name, metric }) => metric === 'throughput' && name.startsWith('get'),
    bound: 'at least',
    limit: 4,
  },
  {
    covers: ({ case: name, metric }) => metric === 'throughput' && /^(create|set),/.test(name),
    bound: 'at least',
    limit: 2,
  },
  { covers: ({ metric }) => metric === 'first reply after', bound: 'at most', limit: 0.5 },
  { covers: ({ metric }) => metric.startsWith('RSS'), bound: 'at most', limit: 1 },
];

/**
 * What the server is to reach against the peer, waiting for the disk included, and whether it does. Where sockets and
 * disk alone keep the bare responder below a bar, the bar's name says so.
 */
export function barsOf(rows: readonly Row[]): Bar[] {
  const ratios = rows.filter(({ subject }) => subject === `${US} / ${PEER}`);
  return BOUNDS.flatMap(({ covers, bound, limit }) =>
    ratios.filter(covers).map(({ case: ofCase, metric, value, unit }) => {
      const isMet = bound === 'at least' ? value >= limit : value <= limit;
      const reach = bound === 'at least' && !isMet ? reachOfLimit(rows, ofCase, metric) : null;
      const note =
        reach === null || reach >= limit
          ? ''
          : ` (out of reach: the ${LIMIT} reaches ${reach.toFixed(2)} x)`;
      return { name: `${ofCase}: ${metric} / ${PEER}${note}`, value, bound, limit, unit, isMet };
    }),
  );
}

/** The bare responder's own ratio to the peer; null where it was not measured. */
function reachOfLimit(rows: readonly Row[], ofCase: string, metric: string): number | null {
  const of = (subject: string): number | undefined =>
    rows.find((row) => row.case === ofCase && row.metric === metric && row.subject === subject)
      ?.value;
  const [most, peer] = [of(LIMIT), of(PEER)];
  return most === undefined || peer === undefined ? null : most / peer;
}

import { median, type Row } from '../bench.ts';
import { US } from './server-process.ts';

/** A figure of a round: its name, its unit, and where it comes from. */
export type Metric<Result> = readonly [name: string, unit: string, of: (result: Result) => number];

/** Medians of every server over its rounds, and ours in relation to each of the others; what is NaN is left out. */
export function figuresOf<Result>(
  name: string,
  metrics: readonly Metric<Result>[],
  results: ReadonlyMap<string, readonly Result[]>,
): Row[] {
  return metrics.flatMap(([metric, unit, of]) => {
    const rows = [...results].map(([subject, rounds]) => {
      return { case: name, subject, metric, value: median(rounds.map(of)), unit };
    });
    const ours = rows.find(({ subject }) => subject === US)?.value ?? Number.NaN;
    const ratios = rows
      .filter(({ subject }) => subject !== US)
      .map((row) => {
        return { ...row, subject: `${US} / ${row.subject}`, value: ours / row.value, unit: 'x' };
      });
    return [...rows, ...ratios].filter(({ value }) => !Number.isNaN(value));
  });
}

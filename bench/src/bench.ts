/** One figure of a benchmark. */
export interface Row {
  /** What was done, e.g. `1 in flight`. */
  case: string;
  /** Who did it: us, the peer or the limit; `a / b` for a ratio. */
  subject: string;
  /** What was measured, e.g. `throughput`. */
  metric: string;
  value: number;
  /** E.g. `calls/s`, `us`; `x` for a ratio. */
  unit: string;
}

/** How thorough a run is. */
export interface BenchSettings {
  /** Measured rounds of each case and subject; medians over them are reported, or means of their middle half. */
  rounds: number;
  /** Length of a round in ms. */
  roundMs: number;
  /** Cases whose name contains one of these; all of them when it is empty. */
  only: readonly string[];
  /** Share of the sizes that a benchmark works on, such as numbers of nodes; 1 for all of it. */
  scale: number;
  /** Tells people how far it is; goes nowhere when the output is for programs. */
  progress: (text: string) => void;
}

/** A figure that is to be reached, and whether it was. */
export interface Bar {
  name: string;
  value: number;
  bound: 'at least' | 'at most';
  limit: number;
  unit: string;
  isMet: boolean;
}

/** How a cost grows with a size, to be drawn. */
export interface Curve {
  title: string;
  /** What a point is one of, e.g. `instances`. */
  axis: string;
  unit: string;
  points: { size: number; label: string; value: number }[];
}

/** A benchmark: our figure, the peer's and the limit from the same run. */
export interface Bench {
  readonly name: string;
  readonly description: string;
  /** How thorough a run is unless told. */
  readonly defaults?: Pick<BenchSettings, 'rounds' | 'roundMs'>;
  run(settings: BenchSettings): Promise<Row[]>;
  /** What the rows mean for what is to be reached. */
  bars?(rows: readonly Row[]): Bar[];
  /** What there is to draw of the rows. */
  curves?(rows: readonly Row[]): Curve[];
}

/** The cases that were asked for. Throws an error that lists all of them when none was meant. */
export function selected<C extends { readonly name: string }>(
  cases: readonly C[],
  { only }: Pick<BenchSettings, 'only'>,
): readonly C[] {
  if (only.length === 0) return cases;
  const chosen = cases.filter(({ name }) => only.some((text) => name.includes(text)));
  if (chosen.length > 0) return chosen;
  const names = cases.map(({ name }) => `  ${name}`).join('\n');
  throw new Error(`no case has ${only.join(' or ')} in its name; there are\n${names}`);
}

/** The middle of some numbers. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

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
  /** Measured rounds of each case and subject; medians over them are reported. */
  rounds: number;
  /** Length of a round in ms. */
  roundMs: number;
  /** Tells people how far it is; goes nowhere when the output is for programs. */
  progress: (text: string) => void;
}

/** A benchmark: our figure, the peer's and the limit from the same run. */
export interface Bench {
  readonly name: string;
  readonly description: string;
  run(settings: BenchSettings): Promise<Row[]>;
}

/** The middle of some numbers. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

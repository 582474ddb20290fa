import type { BenchSettings } from '../bench.ts';

/** How a case is measured. */
export interface Pace {
  /** Processes of each subject that work in each round, one after the other. */
  readonly processes: number;
  readonly rounds: number;
  /** Of each process's part in a round. */
  readonly ms: number;
}

/** Two runs of one program differ by what V8 or the JVM has compiled of it, and by where it lies in memory. */
const PROCESSES = 2;
const SHORT_MS = 60;

/**
 * As many rounds as the settings say; with one request in flight many short ones, in which each process works for as
 * long altogether. There most of a call is the kernel's work and waiting, which hangs on what else the machine does: a
 * long round has a good or a bad stretch of it to itself, of many short ones everybody gets some of each.
 */
export function pace(inFlight: number, { rounds, roundMs }: BenchSettings): Pace {
  if (inFlight !== 1) return { processes: 1, rounds, ms: roundMs };
  const ms = Math.min(SHORT_MS, roundMs);
  return { processes: PROCESSES, rounds: Math.round((rounds * roundMs) / ms), ms };
}

/** The same in an order drawn anew, so that nobody always comes behind the same one. */
export function shuffled<T>(values: readonly T[]): T[] {
  const drawn = values.map((value) => ({ value, key: Math.random() }));
  return drawn.sort((a, b) => a.key - b.key).map(({ value }) => value);
}

/** The mean of the middle half of some values: of three the middle one, of five the middle three. NaN of none. */
export function middleMean(values: readonly number[]): number {
  const { length } = values;
  const cut = Math.min(Math.round(length / 4), Math.max(0, (length - 1) >> 1));
  const middle = values.toSorted((a, b) => a - b).slice(cut, length - cut);
  return middle.reduce((sum, value) => sum + value, 0) / middle.length;
}

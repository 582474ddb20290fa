import { Summary } from './summary.ts';

/** Upper bounds in ms: from a read that is answered within its turn to a disk that has stalled. */
const BOUNDS_MS: readonly number[] = [
  0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000,
];

/** Times in ms, counted by size, so that percentiles can be told without keeping them. */
export class Histogram extends Summary {
  /** Upper bounds of the buckets but the last, which has none. */
  readonly bounds: readonly number[] = BOUNDS_MS;
  readonly #counts: number[] = new Array(BOUNDS_MS.length + 1).fill(0);

  override add(value: number, times = 1): void {
    super.add(value, times);
    let bucket = 0;
    // Nearly all times are short: the first few comparisons decide.
    for (const bound of BOUNDS_MS) {
      if (value <= bound) break;
      bucket++;
    }
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + times;
  }

  /** How many were at or below each bound, and at last all. */
  cumulated(): number[] {
    let sum = 0;
    return this.#counts.map((count) => {
      sum += count;
      return sum;
    });
  }

  /** The time that a share `q` of all did not pass, to the accuracy of the buckets; 0 before the first. */
  quantile(q: number): number {
    const wanted = this.count * q;
    let below = 0;
    for (const [bucket, count] of this.#counts.entries()) {
      if (count > 0 && below + count >= wanted) {
        const from = Math.max(BOUNDS_MS[bucket - 1] ?? 0, this.min);
        const to = Math.min(BOUNDS_MS[bucket] ?? this.max, this.max);
        return from + (Math.max(to - from, 0) * (wanted - below)) / count;
      }
      below += count;
    }
    return this.max;
  }
}

const MAX_SAMPLES = 1 << 21;

/** Times of calls, for quantiles; the oldest give way when there are too many. */
export class Latencies {
  readonly #samples = new Float64Array(MAX_SAMPLES);
  #count = 0;

  add(ms: number): void {
    this.#samples[this.#count++ % MAX_SAMPLES] = ms;
  }

  get count(): number {
    return this.#count;
  }

  clear(): void {
    this.#count = 0;
  }

  /** p50 and p99 in us. */
  quantiles(): { p50Us: number; p99Us: number } {
    const sorted = this.#samples.slice(0, Math.min(this.#count, MAX_SAMPLES)).sort();
    const at = (quantile: number): number =>
      (sorted[Math.floor((sorted.length - 1) * quantile)] ?? 0) * 1000;
    return { p50Us: at(0.5), p99Us: at(0.99) };
  }
}

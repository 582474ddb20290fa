/** Settings of {@link BackOff}; times in ms. */
export interface BackOffOptions {
  /** The first delay. */
  firstMs?: number;
  /** No delay is longer. */
  maxMs?: number;
  /** Being well for this long forgets earlier failures. */
  resetAfterMs?: number;
  /** A number from 0 up to 1; `Math.random` unless told. */
  random?: () => number;
}

/** How long to wait before the next start of something that keeps failing: doubling, bounded, jittered. */
export class BackOff {
  readonly #firstMs: number;
  readonly #maxMs: number;
  readonly #resetAfterMs: number;
  readonly #random: () => number;
  #failures = 0;

  constructor(options: BackOffOptions = {}) {
    this.#firstMs = options.firstMs ?? 200;
    this.#maxMs = options.maxMs ?? 10_000;
    this.#resetAfterMs = options.resetAfterMs ?? 30_000;
    this.#random = options.random ?? Math.random;
  }

  /** Counts one more failure after `healthyMs` of being well; returns the delay in ms, three quarters of it certain. */
  next(healthyMs: number): number {
    if (healthyMs >= this.#resetAfterMs) this.#failures = 0;
    const full = Math.min(this.#maxMs, this.#firstMs * 2 ** this.#failures);
    this.#failures += 1;
    return Math.round(full * (0.75 + 0.25 * this.#random()));
  }
}

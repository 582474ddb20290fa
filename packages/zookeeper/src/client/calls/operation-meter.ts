import { ZooKeeperError } from '../errors.ts';

/** Upper bounds of the latency histogram's buckets, ms; a last bucket is for what took longer. */
export const LATENCY_BOUNDS_MS: readonly number[] = Object.freeze([
  0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000,
]);

/** Calls of one operation, from the call to its end: waiting for a connection is part of it. */
export interface OperationStats {
  /** Answered and failed ones. */
  readonly calls: number;
  /** How many of them failed with each code; `ABORTED` for those that their callers gave up. */
  readonly errors: Readonly<Record<string, number>>;
  /** Of all their latencies, ms. */
  readonly sumMs: number;
  /** How many took no longer than the bound of the same index in {@link LATENCY_BOUNDS_MS}, and longer than the one before. */
  readonly buckets: readonly number[];
}

/** Who hears of every call that has ended. It must not throw: nobody could handle that. */
export interface OperationObserver {
  /** `error` is undefined for an answered call. */
  record(operation: string, durationMs: number, error: unknown): void;
}

/** Counts and times calls by operation. */
export class OperationMeter implements OperationObserver {
  readonly #byName = new Map<string, Measured>();

  /** Takes down a call that has ended. */
  record(operation: string, durationMs: number, error: unknown): void {
    let measured = this.#byName.get(operation);
    if (measured === undefined) {
      measured = new Measured();
      this.#byName.set(operation, measured);
    }
    measured.record(durationMs, error);
  }

  /** As it is now. */
  snapshot(): Record<string, OperationStats> {
    return Object.fromEntries([...this.#byName].map(([name, each]) => [name, each.snapshot()]));
  }
}

class Measured {
  #calls = 0;
  #sumMs = 0;
  readonly #errors = new Map<string, number>();
  readonly #buckets = new Array<number>(LATENCY_BOUNDS_MS.length + 1).fill(0);

  record(durationMs: number, error: unknown): void {
    this.#calls += 1;
    this.#sumMs += durationMs;
    let at = 0;
    while (durationMs > (LATENCY_BOUNDS_MS[at] ?? Number.POSITIVE_INFINITY)) at++;
    this.#buckets[at] = (this.#buckets[at] ?? 0) + 1;
    if (error === undefined) return;
    const code = error instanceof ZooKeeperError ? error.code : 'ABORTED';
    this.#errors.set(code, (this.#errors.get(code) ?? 0) + 1);
  }

  snapshot(): OperationStats {
    return {
      calls: this.#calls,
      errors: Object.fromEntries(this.#errors),
      sumMs: this.#sumMs,
      buckets: [...this.#buckets],
    };
  }
}

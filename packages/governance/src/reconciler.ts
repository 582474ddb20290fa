import { type Clock, type ClockTimer, type Random, systemClock } from '@mpim/mprpc';
import { isFinal } from './zookeeper-faults.ts';

/** How a {@link Reconciler} works. */
export interface ReconcilerOptions {
  /** Compares what is with what should be and mends the difference. Never runs twice at once. */
  run(): Promise<void>;
  /** Called when `run` failed, with how long it waits before the next try (ms); undefined: the client has ended, it tries no more. */
  onError(error: unknown, retryMs: number | undefined): void;
  /** Milliseconds between runs when nobody pokes; varied by a fifth so that processes drift apart. */
  intervalMs: number;
  /** Least milliseconds between the starts of two runs: many pokes become one run. Default 0. */
  minGapMs?: number;
  clock?: Clock | undefined;
  random?: Random | undefined;
}

const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 10_000;

/**
 * Keeps something as it should be: runs when poked, at a regular interval, and again after a failure with
 * exponential, jittered back-off, unless the client has ended. A poke during a run makes another run follow it, so the last poke is always
 * answered by a run that began after it.
 */
export class Reconciler {
  readonly #options: ReconcilerOptions;
  readonly #clock: Clock;
  readonly #random: Random;
  #timer: ClockTimer | undefined;
  #running = Promise.resolve();
  #busy = false;
  #poked = false;
  #failures = 0;
  #startedAt = Number.NEGATIVE_INFINITY;
  #closed = false;

  constructor(options: ReconcilerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
  }

  /** Something may have changed. */
  poke(): void {
    if (this.#closed) return;
    this.#poked = true;
    if (!this.#busy) this.#schedule(this.#gap());
  }

  /** No run begins after this; resolves when the current one has ended. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await this.#running;
  }

  #gap(): number {
    return this.#startedAt + (this.#options.minGapMs ?? 0) - this.#clock.monotonic();
  }

  #schedule(waitMs: number): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (waitMs <= 0) {
      this.#start();
      return;
    }
    this.#timer = this.#clock.setTimeout(() => this.#start(), waitMs);
    this.#timer.unref();
  }

  #start(): void {
    this.#busy = true;
    this.#poked = false;
    this.#startedAt = this.#clock.monotonic();
    this.#running = this.#attempt();
  }

  async #attempt(): Promise<void> {
    let waitMs: number | undefined;
    try {
      await this.#options.run();
      this.#failures = 0;
      waitMs = this.#options.intervalMs * (0.8 + 0.4 * this.#random());
    } catch (error) {
      if (!isFinal(error)) waitMs = this.#backOff();
      if (!this.#closed) this.#options.onError(error, waitMs);
    }
    this.#busy = false;
    if (this.#closed) return;
    const nextMs = this.#poked ? this.#gap() : waitMs;
    if (nextMs !== undefined) this.#schedule(nextMs);
  }

  #backOff(): number {
    const ceiling = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#failures);
    this.#failures += 1;
    return ceiling * (0.5 + 0.5 * this.#random());
  }
}

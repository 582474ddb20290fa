import type { RpcError } from '../errors.ts';
import { refusedError } from '../refusal.ts';
import { type Clock, type ClockTimer, type Random, systemClock } from '../time/clock.ts';

/** When a process has more to do than it can. */
export interface LoadSheddingOptions {
  /** The queue delay that is accepted, in ms. Default 100. */
  maxDelayMs?: number;
  /** The delay counts only when it never fell below the limit for this long, in ms. Default 200. */
  intervalMs?: number;
  /** The largest share of calls that is refused. Default 0.95. */
  maxShare?: number;
  clock?: Clock;
  random?: Random;
}

const SAMPLES = 4;
/** How much the refused share changes per interval. */
const STEP = 0.15;

/**
 * Watches how late this process gets round to what is due: the time every request spends waiting in the event
 * loop before its handler sees it. A delay that stays, as opposed to one burst or collection, is overload
 * (Nichols and Jacobson, "Controlling Queue Delay", 2012). Runs its timer only while there are calls.
 */
export class QueueDelay {
  readonly #maxDelayMs: number;
  readonly #sampleMs: number;
  readonly #maxShare: number;
  readonly #clock: Clock;
  readonly #onSample = (): void => this.#sample();
  #timer: ClockTimer | undefined;
  #dueAt = 0;
  #least = Infinity;
  #samples = 0;
  #share = 0;
  #used = false;

  constructor(options: LoadSheddingOptions = {}) {
    this.#maxDelayMs = options.maxDelayMs ?? 100;
    this.#sampleMs = (options.intervalMs ?? 200) / SAMPLES;
    this.#maxShare = options.maxShare ?? 0.95;
    this.#clock = options.clock ?? systemClock;
  }

  /** The share of calls to refuse now: 0 while all is well. */
  get share(): number {
    return this.#share;
  }

  /** A call has come. */
  touch(): void {
    this.#used = true;
    if (this.#timer === undefined) this.#arm();
  }

  #arm(): void {
    this.#dueAt = this.#clock.monotonic() + this.#sampleMs;
    this.#timer = this.#clock.setTimeout(this.#onSample, this.#sampleMs);
    this.#timer.unref();
  }

  #sample(): void {
    this.#timer = undefined;
    this.#least = Math.min(this.#least, this.#clock.monotonic() - this.#dueAt);
    if (++this.#samples < SAMPLES) {
      this.#arm();
      return;
    }
    const change = this.#least > this.#maxDelayMs ? STEP : -STEP;
    this.#share = Math.min(this.#maxShare, Math.max(0, this.#share + change));
    const idle = !this.#used && this.#share === 0;
    this.#samples = 0;
    this.#least = Infinity;
    this.#used = false;
    if (!idle) this.#arm();
  }
}

/** Refuses a growing share of the calls while requests wait too long for this process. */
export class LoadShedder {
  readonly #delay: QueueDelay;
  readonly #random: Random;

  constructor(options: LoadSheddingOptions) {
    this.#delay = new QueueDelay(options);
    this.#random = options.random ?? Math.random;
  }

  /** A call has come: is it to be refused? */
  refuses(): boolean {
    this.#delay.touch();
    const { share } = this.#delay;
    return share > 0 && this.#random() < share;
  }
}

/** RESOURCE_EXHAUSTED, reason `OVERLOADED`: the caller goes to another instance. */
export function overloaded(label: string): RpcError {
  return refusedError(`${label}: this instance is overloaded`, 'OVERLOADED');
}

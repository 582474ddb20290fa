import { RpcError } from '../errors.ts';
import type { Interceptor } from '../interceptor.ts';
import { type Clock, systemClock } from '../time/clock.ts';
import { isHostFault } from './outlier-detector.ts';

/** When calls to a service are refused for a while. Defaults: kitex. */
export interface CircuitBreakerOptions {
  /** The share of failed calls that opens the circuit. Default 0.5. */
  failureShare: number;
  /** Calls within the window before the share counts. Default 200. */
  minCalls: number;
  /** Length of the window, in ms. Default 10,000. */
  windowMs: number;
  /** How long the circuit stays open, in ms. Default 10,000. */
  coolMs: number;
  /** Calls let through one after the other when it has cooled; so many good ones in a row close it. Default 5. */
  probes: number;
}

/** See {@link CircuitBreakerOptions}. */
export const CIRCUIT_BREAKER_DEFAULTS: CircuitBreakerOptions = {
  failureShare: 0.5,
  minCalls: 200,
  windowMs: 10_000,
  coolMs: 10_000,
  probes: 5,
};

/**
 * `closed`: calls pass and are counted; `open`: none passes until `until`; `half-open`: one at a time passes,
 * `good` of them in a row have succeeded.
 */
export type CircuitState =
  | { kind: 'closed' }
  | { kind: 'open'; until: number }
  | { kind: 'half-open'; good: number; probing: boolean };

const CLOSED: CircuitState = { kind: 'closed' };
const BUCKETS = 10;

/** The circuit of one service. */
export class CircuitBreaker {
  readonly #options: CircuitBreakerOptions;
  readonly #clock: Clock;
  readonly #calls = new Array<number>(BUCKETS).fill(0);
  readonly #failures = new Array<number>(BUCKETS).fill(0);
  #bucket = 0;
  #state: CircuitState = CLOSED;

  constructor(options: Partial<CircuitBreakerOptions> = {}, clock: Clock = systemClock) {
    this.#options = { ...CIRCUIT_BREAKER_DEFAULTS, ...options };
    this.#clock = clock;
    this.#bucket = this.#bucketNow();
  }

  get state(): CircuitState {
    return this.#state;
  }

  /** May a call pass? When true, {@link record} or {@link forget} follows at its end. */
  allow(): boolean {
    if (this.#state.kind === 'closed') return true;
    if (this.#state.kind === 'open') {
      if (this.#clock.monotonic() < this.#state.until) return false;
      this.#state = { kind: 'half-open', good: 0, probing: true };
      return true;
    }
    if (this.#state.probing) return false;
    this.#state = { ...this.#state, probing: true };
    return true;
  }

  /** A call that was let through has succeeded or failed. */
  record(ok: boolean): void {
    const state = this.#state;
    if (state.kind === 'half-open') {
      if (!ok) this.#open();
      else if (state.good + 1 >= this.#options.probes) this.#close();
      else this.#state = { kind: 'half-open', good: state.good + 1, probing: false };
      return;
    }
    // The late end of a call from before it opened says nothing new.
    if (state.kind === 'open') return;
    this.#turn();
    const slot = this.#bucket % BUCKETS;
    this.#calls[slot] = (this.#calls[slot] ?? 0) + 1;
    if (ok) return;
    this.#failures[slot] = (this.#failures[slot] ?? 0) + 1;
    const calls = sum(this.#calls);
    const { minCalls, failureShare } = this.#options;
    if (calls >= minCalls && sum(this.#failures) >= calls * failureShare) this.#open();
  }

  /** A call that was let through ended without saying anything about the service, e.g. cancelled. */
  forget(): void {
    if (this.#state.kind === 'half-open') this.#state = { ...this.#state, probing: false };
  }

  #open(): void {
    this.#state = { kind: 'open', until: this.#clock.monotonic() + this.#options.coolMs };
  }

  #close(): void {
    this.#calls.fill(0);
    this.#failures.fill(0);
    this.#state = CLOSED;
  }

  #bucketNow(): number {
    return Math.floor((this.#clock.monotonic() * BUCKETS) / this.#options.windowMs);
  }

  /** Empties the buckets that have left the window. */
  #turn(): void {
    const now = this.#bucketNow();
    const stale = Math.min(now - this.#bucket, BUCKETS);
    for (let i = 1; i <= stale; i++) {
      const slot = (this.#bucket + i) % BUCKETS;
      this.#calls[slot] = 0;
      this.#failures[slot] = 0;
    }
    this.#bucket = now;
  }
}

/**
 * Refuses calls to services most of whose calls fail: UNAVAILABLE, reason `CIRCUIT_OPEN`, nothing sent. One
 * circuit per service. What counts as failed: {@link isHostFault}, refusals for overload included.
 *
 * ```ts
 * new RpcChannel({ resolver, interceptors: [circuitBreaker()] });
 * ```
 */
export function circuitBreaker(
  options: Partial<CircuitBreakerOptions> = {},
  clock: Clock = systemClock,
): Interceptor {
  const breakers = new Map<string, CircuitBreaker>();
  return async (call, next) => {
    let breaker = breakers.get(call.service);
    if (breaker === undefined) {
      breaker = new CircuitBreaker(options, clock);
      breakers.set(call.service, breaker);
    }
    if (!breaker.allow()) {
      throw new RpcError(
        'UNAVAILABLE',
        `/${call.service}/${call.method}: not called, most calls to ${call.service} fail at the moment; try again in a while`,
        { reason: 'CIRCUIT_OPEN' },
      );
    }
    try {
      const response = await next(call);
      breaker.record(true);
      return response;
    } catch (error) {
      if (!(error instanceof RpcError) || error.code === 'CANCELLED') breaker.forget();
      else breaker.record(!isHostFault(error.code) && error.code !== 'RESOURCE_EXHAUSTED');
      throw error;
    }
  };
}

function sum(numbers: readonly number[]): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}

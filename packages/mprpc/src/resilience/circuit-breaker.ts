import { RpcError } from '../errors.ts';
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
 * `good` of them in a row have succeeded; the one under way was let through at `probedAt`.
 */
export type CircuitState =
  | { kind: 'closed' }
  | { kind: 'open'; until: number }
  | { kind: 'half-open'; good: number; probedAt: number | undefined };

const CLOSED: CircuitState = { kind: 'closed' };
const BUCKETS = 10;

/** The circuit of one service. */
export class CircuitBreaker {
  readonly #options: CircuitBreakerOptions;
  readonly #clock: Clock;
  readonly #calls = new Array<number>(BUCKETS).fill(0);
  readonly #failures = new Array<number>(BUCKETS).fill(0);
  readonly #bucketMs: number;
  #bucket = 0;
  /** When the bucket is full, in the clock's monotonic ms. */
  #bucketEnds = 0;
  #state: CircuitState = CLOSED;

  constructor(options: Partial<CircuitBreakerOptions> = {}, clock: Clock = systemClock) {
    this.#options = { ...CIRCUIT_BREAKER_DEFAULTS, ...options };
    this.#clock = clock;
    this.#bucketMs = this.#options.windowMs / BUCKETS;
    this.#turn(clock.monotonic());
  }

  get state(): CircuitState {
    return this.#state;
  }

  /** May a call pass? When true, {@link record}, {@link forget} or {@link ended} follows at its end. */
  allow(): boolean {
    if (this.#state.kind === 'closed') return true;
    if (this.#state.kind === 'open') {
      if (this.#clock.monotonic() < this.#state.until) return false;
      this.#state = { kind: 'half-open', good: 0, probedAt: this.#clock.monotonic() };
      return true;
    }
    const { probedAt } = this.#state;
    const now = this.#clock.monotonic();
    // A probe that takes longer, a stream say, says nothing yet: another one may.
    if (probedAt !== undefined && now < probedAt + this.#options.coolMs) return false;
    this.#state = { ...this.#state, probedAt: now };
    return true;
  }

  /** A call that was let through has succeeded or failed. `now`: for callers that have just asked the same clock. */
  record(ok: boolean, now = this.#clock.monotonic()): void {
    const state = this.#state;
    if (state.kind === 'half-open') {
      if (!ok) this.#open();
      else if (state.good + 1 >= this.#options.probes) this.#close();
      else this.#state = { kind: 'half-open', good: state.good + 1, probedAt: undefined };
      return;
    }
    // The late end of a call from before it opened says nothing new.
    if (state.kind === 'open') return;
    if (now >= this.#bucketEnds) this.#turn(now);
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
    if (this.#state.kind === 'half-open') this.#state = { ...this.#state, probedAt: undefined };
  }

  /** A call that was let through ended with this error, `undefined` for none, after so many responses. */
  ended(error: unknown, responses: number, now = this.#clock.monotonic()): void {
    const verdict = error === undefined ? 'good' : judge(error, responses);
    if (verdict === 'nothing') this.forget();
    else this.record(verdict === 'good', now);
  }

  #open(): void {
    this.#state = { kind: 'open', until: this.#clock.monotonic() + this.#options.coolMs };
  }

  #close(): void {
    this.#calls.fill(0);
    this.#failures.fill(0);
    this.#state = CLOSED;
  }

  /** Empties the buckets that have left the window. */
  #turn(now: number): void {
    const bucket = Math.floor(now / this.#bucketMs);
    const stale = Math.min(bucket - this.#bucket, BUCKETS);
    for (let i = 1; i <= stale; i++) {
      const slot = (this.#bucket + i) % BUCKETS;
      this.#calls[slot] = 0;
      this.#failures[slot] = 0;
    }
    this.#bucket = bucket;
    this.#bucketEnds = (bucket + 1) * this.#bucketMs;
  }
}

/** The circuits of a channel, one for each service that is called. */
export class CircuitBreakers {
  readonly #options: Partial<CircuitBreakerOptions>;
  readonly #clock: Clock;
  readonly #byService = new Map<string, CircuitBreaker>();

  constructor(options: Partial<CircuitBreakerOptions>, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
  }

  /** The one of a service. */
  of(service: string): CircuitBreaker {
    let breaker = this.#byService.get(service);
    if (breaker === undefined) {
      breaker = new CircuitBreaker(this.#options, this.#clock);
      this.#byService.set(service, breaker);
    }
    return breaker;
  }
}

/** What a caller is told while the circuit is open: UNAVAILABLE, reason `CIRCUIT_OPEN`, nothing sent. */
export function circuitOpen(service: string, method: string): RpcError {
  return new RpcError(
    'UNAVAILABLE',
    `/${service}/${method}: not called, most calls to ${service} fail at the moment; try again in a while`,
    { reason: 'CIRCUIT_OPEN' },
  );
}

/**
 * What the end of a call says of its service. Of one that never got there, because nobody could be reached or this side
 * holds it back, it says nothing: it was fast, and the service had no part in it.
 */
function judge(error: unknown, responses: number): 'good' | 'bad' | 'nothing' {
  if (!(error instanceof RpcError) || error.code === 'CANCELLED') {
    // A reader that leaves a stream after some answers was served well.
    return responses > 0 ? 'good' : 'nothing';
  }
  const { code, sent, reason } = error;
  if (code === 'UNAVAILABLE') return sent ? 'bad' : 'nothing';
  if (code === 'RESOURCE_EXHAUSTED') {
    if (reason === 'CHANNEL_FULL' || reason === 'QUEUE_FULL') return 'nothing';
    // Refused for overload, unlike an answer of the handler's own.
    return sent ? 'good' : 'bad';
  }
  return isHostFault(code) ? 'bad' : 'good';
}

function sum(numbers: readonly number[]): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}

import { RpcError } from '../errors.ts';
import { refusedError } from '../refusal.ts';
import { ConcurrencyGate } from '../resilience/concurrency-gate.ts';
import { TokenBucket } from '../resilience/token-bucket.ts';
import type { Clock } from '../time/clock.ts';

/** What one method of one instance takes on. */
export interface MethodLimit {
  /** Calls handled at once; a stream counts until its end. Default: no limit. */
  maxConcurrent?: number;
  /** Calls that wait for their turn beyond that. Default 0. */
  maxQueued?: number;
  /** A call that waited longer is refused, in ms: it would be answered too late for others too. Default 200. */
  maxQueueMs?: number;
  /** Calls a second. Default: no limit. */
  ratePerSecond?: number;
  /** Calls that may come at once after a pause. Default: those of one second. */
  burst?: number;
}

/** Limits of methods. Keys: `UserServiceRpc/Login`, `UserServiceRpc/*`, `*`; the first of these that is there holds. */
export type MethodLimits = Readonly<Record<string, MethodLimit>>;

/** Throws RpcError INVALID_ARGUMENT for a key that limits a method the service does not have: it would limit nothing. */
export function checkLimitsOf(
  limits: MethodLimits,
  service: string,
  methods: readonly string[],
): void {
  for (const key of Object.keys(limits)) {
    const [of, method = ''] = key.split('/');
    if (of !== service || method === '*' || methods.includes(method)) continue;
    throw new RpcError(
      'INVALID_ARGUMENT',
      `methodLimits: ${service} has no method '${method}' to limit; it has ${methods.join(', ')}, and '${service}/*' means all`,
    );
  }
}

/** The limits of one method with what counts towards them; `undefined` when it has none. */
export function limitsOf(
  limits: MethodLimits,
  service: string,
  method: string,
  clock: Clock,
): LimitedMethod | undefined {
  const path = `${service}/${method}`;
  const limit = limits[path] ?? limits[`${service}/*`] ?? limits['*'];
  return limit === undefined ? undefined : new LimitedMethod(`/${path}`, limit, clock);
}

/** One method with its limits. */
export class LimitedMethod {
  readonly #label: string;
  readonly #clock: Clock;
  readonly #maxQueueMs: number;
  readonly #bucket: TokenBucket | undefined;
  /** Holds a place for each call under way; `undefined` without a limit of concurrency. */
  readonly gate: ConcurrencyGate | undefined;

  constructor(label: string, limit: MethodLimit, clock: Clock) {
    const { maxConcurrent, maxQueued = 0, maxQueueMs = 200, ratePerSecond } = limit;
    this.#label = label;
    this.#clock = clock;
    this.#maxQueueMs = maxQueueMs;
    if (maxConcurrent !== undefined) {
      this.gate = new ConcurrencyGate({ maxInFlight: maxConcurrent, maxQueued });
    }
    if (ratePerSecond !== undefined) {
      const burst = limit.burst ?? Math.max(1, ratePerSecond);
      this.#bucket = new TokenBucket(ratePerSecond, burst, clock);
    }
  }

  /** A call has come. Throws when that is more than the rate allows. */
  count(): void {
    if (this.#bucket?.take() === false) {
      throw refusedError(`${this.#label}: more calls than its rate limit allows`, 'RATE_LIMIT');
    }
  }

  /**
   * Waits for a place: resolves at its turn, with the place taken; throws or rejects when there is no room, the
   * wait is too long, or the caller is gone.
   */
  wait(gate: ConcurrencyGate, signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiter = {
      isDone: false,
      admitted: () => {
        end();
        resolve();
      },
    };
    const giveUp = (error: unknown): void => {
      end();
      gate.abandon();
      reject(error);
    };
    const onAbort = (): void => giveUp(signal?.reason);
    const end = (): void => {
      waiter.isDone = true;
      timer?.cancel();
      signal?.removeEventListener('abort', onAbort);
    };
    const entry = gate.enter(waiter);
    if (entry === 'admitted') return Promise.resolve();
    if (entry === 'full') {
      throw refusedError(
        `${this.#label}: as many calls as it may handle at once are under way`,
        'CONCURRENCY_LIMIT',
      );
    }
    const timer = this.#clock.setTimeout(() => {
      giveUp(
        refusedError(`${this.#label}: waited ${this.#maxQueueMs} ms for its turn`, 'QUEUE_DELAY'),
      );
    }, this.#maxQueueMs);
    signal?.addEventListener('abort', onAbort);
    return promise;
  }
}

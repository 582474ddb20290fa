import type { InterceptedCall, Interceptor } from '../interceptor.ts';
import { refusedError } from '../refusal.ts';
import { ConcurrencyGate } from '../resilience/concurrency-gate.ts';
import { TokenBucket } from '../resilience/token-bucket.ts';
import { type Clock, systemClock } from '../time/clock.ts';

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

/**
 * An interceptor for providers that limits methods, each by itself. Keys: `UserServiceRpc/Login`, `UserServiceRpc/*`,
 * `*`; the first of these that is there holds. Calls beyond a limit are answered with RESOURCE_EXHAUSTED, reason
 * `CONCURRENCY_LIMIT`, `QUEUE_DELAY` or `RATE_LIMIT`, and go to another instance if there is one.
 *
 * ```ts
 * new RpcProvider({
 *   interceptors: [
 *     methodLimits({
 *       'UserServiceRpc/Login': { maxConcurrent: 4, maxQueued: 64 }, // hashing a password keeps a core busy
 *       '*': { ratePerSecond: 5000 },
 *     }),
 *   ],
 * });
 * ```
 */
export function methodLimits(
  limits: Readonly<Record<string, MethodLimit>>,
  clock: Clock = systemClock,
): Interceptor {
  const methods = new Map<string, LimitedMethod | undefined>();
  return (call, next) => {
    const path = `${call.service}/${call.method}`;
    let method = methods.get(path);
    if (method === undefined && !methods.has(path)) {
      const limit = limits[path] ?? limits[`${call.service}/*`] ?? limits['*'];
      if (limit !== undefined) method = new LimitedMethod(`/${path}`, limit, clock);
      methods.set(path, method);
    }
    return method === undefined ? next(call) : method.run(call, next);
  };
}

/** One method with its limits. */
class LimitedMethod {
  readonly #label: string;
  readonly #clock: Clock;
  readonly #maxQueueMs: number;
  readonly #gate: ConcurrencyGate | undefined;
  readonly #bucket: TokenBucket | undefined;

  constructor(label: string, limit: MethodLimit, clock: Clock) {
    const { maxConcurrent, maxQueued = 0, maxQueueMs = 200, ratePerSecond } = limit;
    this.#label = label;
    this.#clock = clock;
    this.#maxQueueMs = maxQueueMs;
    if (maxConcurrent !== undefined) {
      this.#gate = new ConcurrencyGate({ maxInFlight: maxConcurrent, maxQueued });
    }
    if (ratePerSecond !== undefined) {
      const burst = limit.burst ?? Math.max(1, ratePerSecond);
      this.#bucket = new TokenBucket(ratePerSecond, burst, clock);
    }
  }

  async run(
    call: InterceptedCall,
    next: (call: InterceptedCall) => Promise<unknown>,
  ): Promise<unknown> {
    if (this.#bucket?.take() === false) {
      throw refusedError(`${this.#label}: more calls than its rate limit allows`, 'RATE_LIMIT');
    }
    const gate = this.#gate;
    if (gate === undefined) return next(call);
    await this.#enter(gate, call.signal);
    let isStream = false;
    try {
      const result = await next(call);
      isStream = call.kind === 'server-streaming' || call.kind === 'bidirectional';
      return result;
    } finally {
      // A stream is under way for as long as it flows, its handler's generator has only begun.
      if (isStream) call.progress.onEnd(() => gate.leave());
      else gate.leave();
    }
  }

  /** Resolves at its turn; throws when there is no room, the wait is too long, or the caller is gone. */
  #enter(gate: ConcurrencyGate, signal: AbortSignal | undefined): Promise<void> | undefined {
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
    if (entry === 'admitted') return undefined;
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

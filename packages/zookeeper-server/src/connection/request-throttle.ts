import { OpCode } from '@mpim/zookeeper/protocol';
import type { Clock } from '../clock.ts';
import type { ServerMetrics } from '../metrics/server-metrics.ts';
import type { LimitSettings } from '../options/limits.ts';
import type { OutputBudget } from './output-budget.ts';
import type { Request } from './request.ts';
import type { ServerLoad } from './server-load.ts';

/** A connection whose requests may have to wait. */
export interface Throttled {
  /** Handles a request whose turn has come; harmless if the connection has gone. */
  handle(request: Request, startedAt: number): void;
  /** Answers that a request has waited too long. */
  answerThrottled(request: Request, startedAt: number): void;
  release(reason: string): void;
}

interface Queued {
  readonly connection: Throttled;
  readonly request: Request;
  readonly since: number;
}

/**
 * Keeps the number of requests under way at `requestThrottleLimit`: further ones wait here in the order they came
 * (ZooKeeper: `RequestThrottler`). Without a limit nothing ever waits.
 */
export class RequestThrottle {
  readonly #limits: LimitSettings;
  readonly #load: ServerLoad;
  readonly #budget: OutputBudget;
  readonly #metrics: ServerMetrics;
  readonly #clock: Clock;
  #queue: Queued[] = [];
  #next = 0;

  constructor(parts: {
    limits: LimitSettings;
    load: ServerLoad;
    budget: OutputBudget;
    metrics: ServerMetrics;
    clock: Clock;
  }) {
    this.#limits = parts.limits;
    this.#load = parts.load;
    this.#budget = parts.budget;
    this.#metrics = parts.metrics;
    this.#clock = parts.clock;
  }

  /** Requests that wait. */
  get size(): number {
    return this.#queue.length - this.#next;
  }

  /** Whether a request that comes now has to wait, and so keeps its input. */
  get mustWait(): boolean {
    const { requestThrottleLimit: limit } = this.#limits;
    return limit !== 0 && (this.size > 0 || this.#load.outstanding >= limit);
  }

  /** Handles a request, now or when its turn comes. */
  submit(connection: Throttled, request: Request, now: number): void {
    if (!this.mustWait) {
      connection.handle(request, now);
      return;
    }
    this.#metrics.throttleWaits++;
    this.#queue.push({ connection, request, since: now });
  }

  /** Handles what has waited, as far as the limit lets it. */
  relieve(): void {
    const { requestThrottleLimit: limit } = this.#limits;
    while (this.size > 0 && this.#load.outstanding < limit && !this.#budget.isFull) {
      const queued = this.#queue[this.#next++];
      if (queued !== undefined) this.#handle(queued);
    }
    if (this.#next === this.#queue.length) {
      this.#queue = [];
      this.#next = 0;
    }
  }

  #handle({ connection, request, since }: Queued): void {
    const waitedMs = this.#clock.monotonic() - since;
    const { requestStaleLatencyCheck, requestThrottleDropStale, throttledOpWaitMs } = this.#limits;
    const isStale = requestStaleLatencyCheck && waitedMs > request.session.timeoutMs;
    if (isStale && requestThrottleDropStale) {
      this.#metrics.staleRequestsDropped++;
      connection.release('a request has waited longer than its session lasts');
    } else if (throttledOpWaitMs > 0 && waitedMs > throttledOpWaitMs && isThrottlable(request.op)) {
      this.#metrics.throttledOps++;
      connection.answerThrottled(request, since);
    } else connection.handle(request, since);
  }
}

/** What keeps sessions and connections going is never refused. */
function isThrottlable(op: number): boolean {
  return (
    op !== OpCode.ping && op !== OpCode.closeSession && op !== OpCode.auth && op !== OpCode.sasl
  );
}

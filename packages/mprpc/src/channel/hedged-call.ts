import { RpcError } from '../errors.ts';
import type { RetryBudget } from '../resilience/retry-budget.ts';
import type { Clock, ClockTimer } from '../time/clock.ts';
import type { HedgeOptions } from './client.ts';
import type { ClientCall } from './client-call.ts';

/** What a hedged call needs of its channel. */
export interface HedgeHost {
  readonly clock: Clock;
  readonly budget: RetryBudget;
}

/** Hedging a method that may not be applied twice: INVALID_ARGUMENT, reason `NOT_IDEMPOTENT`. */
export function notIdempotent(label: string): RpcError {
  return new RpcError(
    'INVALID_ARGUMENT',
    `${label}: only methods marked IDEMPOTENT or NO_SIDE_EFFECTS can be hedged`,
    { reason: 'NOT_IDEMPOTENT' },
  );
}

/** Makes one attempt: a whole call of its own, which has begun when this returns. */
export type StartAttempt = (
  resolve: (response: unknown) => void,
  reject: (error: unknown) => void,
) => ClientCall;

/**
 * One call made up to `attempts` times, on different instances, until one answers; the others are cancelled.
 * An answer with an error counts when no other attempt is left. Further attempts come out of the retry budget.
 */
export class HedgedCall {
  readonly #host: HedgeHost;
  readonly #start: StartAttempt;
  readonly #attempts: number;
  readonly #afterMs: number;
  readonly #resolve: (response: unknown) => void;
  readonly #reject: (error: unknown) => void;
  readonly #calls: ClientCall[] = [];
  #pending = 0;
  #isDone = false;
  #timer: ClockTimer | undefined;

  constructor(
    host: HedgeHost,
    { afterMs, attempts = 2 }: HedgeOptions,
    start: StartAttempt,
    resolve: (response: unknown) => void,
    reject: (error: unknown) => void,
  ) {
    this.#host = host;
    this.#start = start;
    this.#attempts = attempts;
    this.#afterMs = afterMs;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#attempt(false);
  }

  #attempt(budgeted: boolean): void {
    this.#pending++;
    const settled = (): void => {
      this.#pending--;
      if (budgeted) this.#host.budget.giveBack();
    };
    const call = this.#start(
      (response) => {
        settled();
        this.#win(response);
      },
      (error) => {
        settled();
        this.#lose(error);
      },
    );
    this.#calls.push(call);
    if (this.#isDone || this.#calls.length >= this.#attempts) return;
    this.#timer = this.#host.clock.setTimeout(() => this.#next(), this.#afterMs);
  }

  #next(): void {
    if (!this.#isDone && this.#host.budget.take()) this.#attempt(true);
  }

  #win(response: unknown): void {
    if (this.#isDone) return;
    this.#end();
    this.#resolve(response);
    for (const call of this.#calls) {
      call.giveUp(
        new RpcError('CANCELLED', `${call.method.label}: another attempt was answered first`, {
          reason: 'HEDGE_LOST',
        }),
      );
    }
  }

  #lose(error: unknown): void {
    if (this.#isDone || this.#pending > 0) return;
    this.#end();
    this.#reject(error);
  }

  #end(): void {
    this.#isDone = true;
    this.#timer?.cancel();
  }
}

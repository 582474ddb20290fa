import type { RpcError } from '../errors.ts';
import { type BackoffOptions, backoffMs } from '../resilience/backoff.ts';
import type { RetryBudget } from '../resilience/retry-budget.ts';
import type { Clock, ClockTimer, Random } from '../time/clock.ts';
import type { InstanceCandidate } from './bound-method.ts';

/** What pausing between attempts needs of the channel. */
export interface PauseHost {
  readonly clock: Clock;
  readonly random: Random;
}

/** What a call remembers once an attempt has failed or nobody was there to call; most calls have none. */
export class FailedAttempts {
  /** Instances this call has failed on. */
  #tried: InstanceCandidate[] = [];
  #lastError: RpcError;
  /** Waits for somebody to be ready so far, for the back-off. */
  #waits = 0;
  #pause: ClockTimer | undefined;
  /** The attempt under way came out of this budget. */
  #budget: RetryBudget | undefined;

  constructor(error: RpcError) {
    this.#lastError = error;
  }

  get lastError(): RpcError {
    return this.#lastError;
  }

  /** Instances tried since the last {@link startOver}. */
  get triedCount(): number {
    return this.#tried.length;
  }

  hasTried(candidate: InstanceCandidate): boolean {
    return this.#tried.includes(candidate);
  }

  /** One more failed, on this instance if there was one. */
  add(error: RpcError, candidate: InstanceCandidate | undefined): void {
    this.#lastError = error;
    if (candidate !== undefined && !this.hasTried(candidate)) this.#tried.push(candidate);
  }

  /** Every instance may be tried again. */
  startOver(): void {
    this.#tried = [];
  }

  /** True when the next attempt may come out of the budget, until {@link giveBack}. */
  borrow(budget: RetryBudget): boolean {
    if (!budget.take()) return false;
    this.#budget = budget;
    return true;
  }

  /** The attempt that came out of the budget, if one did, is over. */
  giveBack(): void {
    this.#budget?.giveBack();
    this.#budget = undefined;
  }

  /** Calls `then` after the pause before attempt `count`. */
  pauseBefore(count: number, backoff: BackoffOptions, host: PauseHost, then: () => void): void {
    this.#pause = host.clock.setTimeout(then, backoffMs(backoff, count, host.random));
  }

  /** The same for the next time nobody is ready. */
  waitForSomebody(backoff: BackoffOptions, host: PauseHost, then: () => void): void {
    this.pauseBefore(++this.#waits, backoff, host, then);
  }

  /** The pause, if there is one, is over. */
  endPause(): void {
    this.#pause?.cancel();
  }
}

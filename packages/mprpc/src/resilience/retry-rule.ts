import type { RpcError } from '../errors.ts';

/** What is known when an attempt of a call has failed on the way (not by a handler's answer). */
export interface FailedAttempt {
  readonly error: RpcError;
  /** The `.proto` says that the method may be applied twice. */
  readonly idempotent: boolean;
  /** Attempts so far that may have been applied, this one included. */
  readonly sentAttempts: number;
  /** Attempts so far. */
  readonly attempts: number;
  /** Instances this call has not tried yet. */
  readonly untried: number;
}

/** Repeated attempts of an idempotent call after the first. */
export const MAX_RETRIES = 2;
/** Instances one call looks for when nothing was sent. */
export const MAX_ATTEMPTS = 8;

/**
 * What to do next:
 * - nothing was sent: go to an instance not tried yet; when there is none, give up;
 * - something may have been applied: repeat only an idempotent call, twice at most, on another
 *   instance if there is one, else on the same after a pause;
 * - never otherwise.
 */
export function retryRule(attempt: FailedAttempt): 'next' | 'pause' | 'stop' {
  if (attempt.attempts >= MAX_ATTEMPTS) return 'stop';
  if (attempt.sentAttempts === 0) return attempt.untried > 0 ? 'next' : 'stop';
  if (!attempt.idempotent || attempt.sentAttempts > MAX_RETRIES) return 'stop';
  if (attempt.untried > 0) return 'next';
  return attempt.error.sent ? 'pause' : 'stop';
}

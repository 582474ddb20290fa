import { setTimeout as delay } from 'node:timers/promises';
import { badArgument, requireBoolean, requireFunction, requireObject } from '../arguments.ts';
import { checkSignal } from '../calls/check-call.ts';
import { ZooKeeperError } from '../errors.ts';
import { namesOf, requireKnown } from '../known-names.ts';

/** How {@link retry} repeats. */
export interface RetryPolicy {
  /** Calls in all; 5 unless told. */
  attempts?: number | undefined;
  /** Ms that the wait before the first repetition is drawn out of; doubles each time. 100 unless told. */
  firstDelayMs?: number | undefined;
  /** Ms that no wait is longer than; 5000 unless told. */
  longestDelayMs?: number | undefined;
  /**
   * Whether doing it twice does no harm: reads, a `set` or `delete` with a version whose `BAD_VERSION` or `NO_NODE`
   * you take for done. Never a `create` of a sequential node: it would make a second one. False unless told: then
   * only what surely was not applied is repeated.
   */
  idempotent?: boolean | undefined;
  /** Ends the waiting; rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

const POLICY = namesOf<RetryPolicy>({
  attempts: true,
  firstDelayMs: true,
  longestDelayMs: true,
  idempotent: true,
  signal: true,
});

/**
 * Repeats a call that failed for a reason that may pass (`retryable`), if that is safe: when it surely was not
 * applied (not `sent`), or when it is `idempotent`. Rejects with the last error, and with `BAD_ARGUMENTS` for a policy
 * that is none.
 *
 * @example
 * const { data } = await retry(() => zk.get('/config'), { idempotent: true });
 */
export async function retry<T>(call: () => Promise<T>, policy: RetryPolicy = {}): Promise<T> {
  requireFunction('call', call);
  requireObject('policy', policy);
  requireKnown('policy', policy, POLICY);
  const { attempts = 5, firstDelayMs = 100, longestDelayMs = 5000, signal } = policy;
  requireNumbers({ attempts, firstDelayMs, longestDelayMs });
  requireBoolean('policy.idempotent', policy.idempotent);
  if (signal !== undefined) checkSignal(signal);
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    try {
      return await call();
    } catch (error) {
      if (!(attempt < attempts) || !isSafe(error, policy.idempotent === true)) throw error;
    }
    const span = Math.min(longestDelayMs, firstDelayMs * 2 ** (attempt - 1));
    // Drawn at random, so that those who failed together do not come back together.
    await delay(Math.random() * span, undefined, signal === undefined ? {} : { signal }).catch(() =>
      signal?.throwIfAborted(),
    );
  }
}

function requireNumbers(fields: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value !== 'number') throw badArgument(`policy.${name}`, value, 'a number');
  }
}

function isSafe(error: unknown, idempotent: boolean): boolean {
  return error instanceof ZooKeeperError && error.retryable && (idempotent || !error.sent);
}

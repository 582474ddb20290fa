import { RpcError } from '@mpim/mprpc';

/**
 * Too much was asked for: RESOURCE_EXHAUSTED that tells the caller when to come again.
 *
 * @param message what ran out; "Try again in … s." is added
 * @param retryAfterMs how long to wait, ms
 */
export function resourceExhausted(message: string, retryAfterMs: number): RpcError {
  const wait = Math.max(1, Math.ceil(retryAfterMs));
  const details = new TextEncoder().encode(JSON.stringify({ retryAfterMs: wait }));
  const seconds = Math.ceil(wait / 1_000);
  return new RpcError('RESOURCE_EXHAUSTED', `${message} Try again in ${seconds} s.`, {
    reason: 'RETRY_LATER',
    details,
  });
}

/** How long the caller of a failed call should wait, ms; 0 when the error does not say. */
export function retryAfterMs(error: unknown): number {
  if (!(error instanceof RpcError) || error.reason !== 'RETRY_LATER' || !error.details) return 0;
  try {
    const details: unknown = JSON.parse(new TextDecoder().decode(error.details));
    if (typeof details !== 'object' || details === null || !('retryAfterMs' in details)) return 0;
    const wait = details.retryAfterMs;
    return typeof wait === 'number' && wait > 0 ? wait : 0;
  } catch {
    return 0; // Another program's details.
  }
}

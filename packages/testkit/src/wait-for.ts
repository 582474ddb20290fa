import { setTimeout as delay } from 'node:timers/promises';

/** How long {@link waitFor} tries, and what it was waiting for. */
export interface WaitOptions {
  /** Milliseconds before it gives up; 10,000 unless told. */
  timeoutMs?: number;
  /** Milliseconds between two attempts; 10 unless told. */
  intervalMs?: number;
  /** Names the condition in the error. */
  what?: string;
}

/**
 * Waits until `condition` gives something truthy, and returns it. A throw counts as "not yet"; the last one
 * becomes the cause of the error when time runs out.
 *
 * @example const port = await waitFor(() => server.port, { what: 'the server to listen' });
 */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  options: WaitOptions = {},
): Promise<NonNullable<T>> {
  const { timeoutMs = 10_000, intervalMs = 10, what = 'the condition' } = options;
  const deadline = performance.now() + timeoutMs;
  let cause: unknown;
  for (;;) {
    try {
      const value = await condition();
      if (value) return value as NonNullable<T>;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    if (performance.now() >= deadline) {
      throw new Error(`waited ${timeoutMs} ms for ${what} in vain`, { cause });
    }
    await delay(intervalMs);
  }
}

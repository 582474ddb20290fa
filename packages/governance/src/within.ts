import { type Clock, systemClock } from '@mpim/mprpc';

/** Thrown by {@link within}. */
export class TimedOut extends Error {
  override readonly name = 'TimedOut';
}

/** `work`, or a {@link TimedOut} after `ms` milliseconds; the work itself goes on and its late failure is dropped. */
export async function within<T>(
  ms: number,
  work: Promise<T>,
  clock: Clock = systemClock,
): Promise<T> {
  const { promise: timeout, reject } = Promise.withResolvers<never>();
  const timer = clock.setTimeout(() => reject(new TimedOut(`not done within ${ms} ms`)), ms);
  try {
    return await Promise.race([work, timeout]);
  } finally {
    timer.cancel();
    work.catch(() => {});
  }
}

/** Thrown by {@link within}. */
export class TimedOut extends Error {
  override readonly name = 'TimedOut';
}

/** `work`, or a {@link TimedOut} after `ms` milliseconds; the work itself goes on and its late failure is dropped. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TimedOut(`not done within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
    work.catch(() => {});
  }
}

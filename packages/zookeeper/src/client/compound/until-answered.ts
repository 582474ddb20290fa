import { requireFunction } from '../arguments.ts';
import { ZooKeeperError } from '../errors.ts';

/**
 * Repeats an idempotent call until it is answered: each cut of the connection gives it another go, as
 * the client makes it wait for the next connection. Ends with the session.
 */
export async function untilAnswered<T>(call: () => Promise<T>): Promise<T> {
  requireFunction('call', call);
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof ZooKeeperError) || error.code !== 'CONNECTION_LOSS') throw error;
    }
  }
}

import { resourceExhausted } from '@mpim/service-kit';

/** Users remembered at once; the one counted longest ago is forgotten first. */
const MAX_USERS = 100_000;
/** Told to a caller who is only behind attempts that are still being checked, ms. */
const BUSY_RETRY_MS = 1_000;

interface Attempts {
  failures: number;
  /** Being checked now. They count as failures until they are known: guesses in parallel gain nothing. */
  pending: number;
  /** When the window of the first failure ends, Unix ms. */
  until: number;
}

/** Slows down guessing: so many failed logins of one user per window, counted in memory of this instance. */
export class LoginLimiter {
  readonly #limit: number;
  readonly #windowMs: number;
  readonly #now: () => number;
  readonly #attempts = new Map<string, Attempts>();

  constructor(options: { failures: number; windowMs: number; now?: () => number }) {
    this.#limit = options.failures;
    this.#windowMs = options.windowMs;
    this.#now = options.now ?? Date.now;
  }

  /**
   * Checks a login of `user` by `check`, unless too many have failed. A user who does not exist is counted alike.
   *
   * @returns what `check` says: whether the login succeeded, which forgets earlier failures
   * @throws RpcError RESOURCE_EXHAUSTED with the time to wait, before `check` is called
   */
  async attempt(user: string, check: () => Promise<boolean>): Promise<boolean> {
    const attempts = this.#of(user);
    if (attempts.failures + attempts.pending >= this.#limit) {
      const full = attempts.failures >= this.#limit;
      const wait = full ? attempts.until - this.#now() : BUSY_RETRY_MS;
      throw resourceExhausted('Too many failed logins of this user.', wait);
    }
    attempts.pending++;
    try {
      const success = await check();
      if (success) attempts.failures = 0;
      else this.#failed(attempts);
      return success;
    } finally {
      attempts.pending--;
      if (
        attempts.pending === 0 &&
        attempts.failures === 0 &&
        this.#attempts.get(user) === attempts
      ) {
        this.#attempts.delete(user);
      }
    }
  }

  #failed(attempts: Attempts): void {
    if (attempts.failures === 0) attempts.until = this.#now() + this.#windowMs;
    attempts.failures++;
  }

  #of(user: string): Attempts {
    const known = this.#attempts.get(user);
    if (known) {
      if (known.until <= this.#now()) known.failures = 0;
      return known;
    }
    const oldest = this.#attempts.keys().next();
    if (this.#attempts.size >= MAX_USERS && !oldest.done) this.#attempts.delete(oldest.value);
    const fresh = { failures: 0, pending: 0, until: 0 };
    this.#attempts.set(user, fresh);
    return fresh;
  }
}

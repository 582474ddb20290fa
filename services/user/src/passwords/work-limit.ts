import { resourceExhausted } from '@mpim/service-kit';

/** Told to callers that found the queue full, ms. */
const RETRY_AFTER_MS = 1_000;

interface Waiter {
  readonly start: () => void;
}

/**
 * At most `running` pieces of work at a time, the others in the order they came. A full queue refuses at once: an
 * answer that comes after the caller's deadline is work for nobody.
 */
export class WorkLimit {
  readonly #limit: number;
  readonly #queueLimit: number;
  readonly #waiters: Waiter[] = [];
  #running = 0;

  constructor(options: { running: number; waiting: number }) {
    this.#limit = options.running;
    this.#queueLimit = options.waiting;
  }

  /** How many wait now. */
  get waiting(): number {
    return this.#waiters.length;
  }

  /**
   * Runs `work` when it is its turn; work whose signal is aborted while it waits never runs.
   *
   * @throws RpcError RESOURCE_EXHAUSTED when the queue is full, the signal's reason when aborted
   */
  async run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted();
    if (this.#running < this.#limit) this.#running++;
    else await this.#turn(signal);
    try {
      return await work();
    } finally {
      const next = this.#waiters.shift();
      if (next) next.start();
      else this.#running--;
    }
  }

  /** Resolves with the place of a piece of work that has ended. */
  #turn(signal: AbortSignal | undefined): Promise<void> {
    if (this.#waiters.length >= this.#queueLimit) {
      throw resourceExhausted('Too many logins at once.', RETRY_AFTER_MS);
    }
    return new Promise((resolve, reject) => {
      const abort = () => {
        this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
        reject(signal?.reason);
      };
      const waiter: Waiter = {
        start: () => {
          signal?.removeEventListener('abort', abort);
          resolve();
        },
      };
      signal?.addEventListener('abort', abort, { once: true });
      this.#waiters.push(waiter);
    });
  }
}

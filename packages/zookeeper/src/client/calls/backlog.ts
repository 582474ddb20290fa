import { badArgument } from '../arguments.ts';

/** How much may be unanswered before `ready()` waits. */
export interface HighWaterMark {
  /** Calls; 10,000 unless told. */
  calls?: number | undefined;
  /** Bytes of their requests; 16 MiB unless told. */
  bytes?: number | undefined;
}

const DEFAULT_CALLS = 10_000;
const DEFAULT_BYTES = 16 * 1024 * 1024;

/**
 * The calls that a client keeps in memory, because they are under way or wait for a connection. It refuses none: it
 * tells those who ask ({@link Backlog.ready}) when to go on.
 */
export class Backlog {
  /** Calls kept. Those given up by their callers count until their answer comes. */
  calls = 0;
  /** Bytes of their requests. */
  bytes = 0;
  readonly #mostCalls: number;
  readonly #mostBytes: number;
  #waiting: (() => void)[] = [];

  /** Throws `BAD_ARGUMENTS` for a mark that nothing can stay below. */
  constructor({ calls = DEFAULT_CALLS, bytes = DEFAULT_BYTES }: HighWaterMark = {}) {
    for (const [name, value] of Object.entries({ calls, bytes })) {
      if (typeof value === 'number' && value >= 1) continue;
      throw badArgument(`options.highWaterMark.${name}`, value, 'a number from 1');
    }
    this.#mostCalls = calls;
    this.#mostBytes = bytes;
  }

  /** A call is kept from now on. */
  add(bytes: number): void {
    this.calls += 1;
    this.bytes += bytes;
  }

  /** It is no longer. */
  remove(bytes: number): void {
    this.calls -= 1;
    this.bytes -= bytes;
    if (this.#waiting.length > 0 && this.#isBelow(0.5)) this.#wake();
  }

  /** Resolves below the mark at once; else when half of what it allows is left. Rejects with the signal's reason. */
  async ready(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    // Again for each: those who waited together must not all go on when there is room for a few.
    while (!this.#isBelow(1)) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const abort = () => reject(signal?.reason);
      signal?.addEventListener('abort', abort, { once: true });
      this.#waiting.push(resolve);
      try {
        await promise;
      } finally {
        signal?.removeEventListener('abort', abort);
        this.#waiting = this.#waiting.filter((each) => each !== resolve);
      }
    }
  }

  #isBelow(share: number): boolean {
    return this.calls < this.#mostCalls * share && this.bytes < this.#mostBytes * share;
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}

/** Streams send no further messages while more than this waits for the peer to read. */
export const CONGESTED_BYTES = 1024 * 1024;

/** Waits until everything written has left. */
export interface DrainWaiter {
  wake(): void;
}

/** Who waits for a congested link. */
export class DrainWaiters {
  #waiters: DrainWaiter[] = [];

  /** Wakes the waiter once, at the next {@link wakeAll}. */
  add(waiter: DrainWaiter): void {
    this.#waiters.push(waiter);
  }

  /** Those who wait again while they are woken wait for the next time. */
  wakeAll(): void {
    if (this.#waiters.length === 0) return;
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) waiter.wake();
  }
}

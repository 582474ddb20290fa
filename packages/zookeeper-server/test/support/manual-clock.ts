import type { Clock, ClockTimer } from '@mpim/zookeeper-server';

/** A clock that stands still until it is told to go on. */
export class ManualClock implements Clock {
  #now: number;
  readonly #timers = new Set<{ at: number; task: () => void }>();

  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#now = startMs;
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  setTimeout(task: () => void, delayMs: number): ClockTimer {
    const timer = { at: this.#now + delayMs, task };
    this.#timers.add(timer);
    return { cancel: () => this.#timers.delete(timer) };
  }

  defer(task: () => void): void {
    setImmediate(task);
  }

  /** Timers that have not run yet. */
  get timerCount(): number {
    return this.#timers.size;
  }

  /** Lets time pass while nothing can happen, as for a program that is held up. */
  jump(ms: number): void {
    this.#now += ms;
  }

  /** Lets time pass: timers that fall due run in order, each at its own time. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      const due = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.#timers.delete(due);
      this.#now = Math.max(this.#now, due.at);
      due.task();
      // What the task deferred runs before time goes on.
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#now = Math.max(this.#now, end);
  }
}

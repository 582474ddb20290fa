import type { Clock, ClockTimer } from '../../src/index.ts';

/** Time that passes when the test says so. */
export class ManualClock implements Clock {
  #ms = 1000;
  readonly #timers = new Set<{ at: number; callback: () => void }>();

  now(): number {
    return 1_700_000_000_000 + this.#ms;
  }

  monotonic(): number {
    return this.#ms;
  }

  get timers(): number {
    return this.#timers.size;
  }

  setTimeout(callback: () => void, ms: number): ClockTimer {
    const timer = { at: this.#ms + ms, callback };
    this.#timers.add(timer);
    return { cancel: () => this.#timers.delete(timer), unref: () => {} };
  }

  /** Lets time pass, timer by timer. */
  advance(ms: number): void {
    const end = this.#ms + ms;
    for (;;) {
      const next = [...this.#timers]
        .filter((timer) => timer.at <= end)
        .toSorted((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#ms = Math.max(this.#ms, next.at);
      next.callback();
    }
    this.#ms = end;
  }

  /** Lets time pass as a process that was stopped sees it: at once. */
  jump(ms: number): void {
    this.#ms += ms;
    this.advance(0);
  }
}

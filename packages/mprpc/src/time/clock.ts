/** Time as this package sees it; a simulator passes its own. */
export interface Clock {
  /** Unix milliseconds; may jump. */
  now(): number;
  /** Milliseconds from an arbitrary start; never goes back. */
  monotonic(): number;
  /** Calls `callback` once after `ms` milliseconds. */
  setTimeout(callback: () => void, ms: number): ClockTimer;
}

/** A pending {@link Clock.setTimeout}. */
export interface ClockTimer {
  cancel(): void;
  /** The timer no longer keeps the process alive. */
  unref(): void;
}

class SystemTimer implements ClockTimer {
  readonly #timer: NodeJS.Timeout;

  constructor(callback: () => void, ms: number) {
    this.#timer = setTimeout(callback, ms);
  }

  cancel(): void {
    clearTimeout(this.#timer);
  }

  unref(): void {
    this.#timer.unref();
  }
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimeout: (callback, ms) => new SystemTimer(callback, ms),
};

/** A source of numbers in [0, 1); `Math.random` unless a simulator passes its own. */
export type Random = () => number;

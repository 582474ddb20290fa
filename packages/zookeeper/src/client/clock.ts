// The global of this name is a getter, asked anew for each call.
import { performance } from 'node:perf_hooks';

/** Time as the client sees it; a simulator passes its own. */
export interface Clock {
  /** Unix ms; may jump. */
  now(): number;
  /** Ms from an arbitrary start; never goes back. */
  monotonic(): number;
  /** Calls back once after `delayMs`. */
  setTimeout(callback: () => void, delayMs: number): ClockTimer;
}

/** A pending {@link Clock.setTimeout}. */
export interface ClockTimer {
  /** Stops it; harmless once it has fired. */
  cancel(): void;
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimeout(callback, delayMs) {
    const timer = setTimeout(callback, delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
};

/** Numbers in [0, 1): shuffles hosts, spreads reconnects. */
export type Random = () => number;

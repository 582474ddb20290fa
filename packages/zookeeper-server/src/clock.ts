// The global of this name is a getter, asked anew for each call.
import { performance } from 'node:perf_hooks';

/** A pending timer of a {@link Clock}. */
export interface ClockTimer {
  /** Stops the timer; harmless when it has fired. */
  cancel(): void;
}

/** Where the server gets its time from, so that a simulator can drive it. */
export interface Clock {
  /** Wall-clock time in ms since 1970: node times, session ids, the first zxid. */
  now(): number;
  /** Time in ms from an arbitrary start that never goes back: timeouts and latencies. */
  monotonic(): number;
  /** Runs `task` once, `delayMs` from now. */
  setTimeout(task: () => void, delayMs: number): ClockTimer;
  /** Runs `task` soon, but after the input that has already arrived was handled. */
  defer(task: () => void): void;
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimeout(task, delayMs) {
    const timer = setTimeout(task, delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
  // The event loop polls sockets before it runs immediates: what waits in them is read first.
  defer: (task) => void setImmediate(task),
};

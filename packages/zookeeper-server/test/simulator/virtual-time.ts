import type { Clock, ClockTimer } from '@mpim/zookeeper-server';

interface Due {
  readonly at: number;
  readonly order: number;
  readonly task: () => void;
  cancelled: boolean;
}

/** Monday, 1 January 2026: where the wall clock of a simulation begins. */
const START_MS = Date.UTC(2026, 0, 1);

/**
 * Time that passes only when there is nothing left to do. Everything in a simulation that waits, waits here, so the
 * same seed gives the same run, and a minute takes milliseconds.
 */
export class VirtualTime {
  /** Ms since the simulation began. */
  now = 0;
  #order = 0;
  /** A binary heap, soonest first; of those at one time the one that was put in first. */
  readonly #due: Due[] = [];

  /** Runs the task after a while, and what was put in before for the same moment before it. */
  after(delayMs: number, task: () => void): ClockTimer {
    const due: Due = {
      at: this.now + Math.max(0, delayMs),
      order: this.#order++,
      task,
      cancelled: false,
    };
    this.#push(due);
    return {
      cancel: () => {
        due.cancelled = true;
      },
    };
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  /** Lets time pass until the work is done; its result. Rejects when `limitMs` have passed or nothing can happen any more. */
  async during<T>(work: Promise<T>, limitMs: number): Promise<T> {
    let isDone = false;
    const finish = (): void => {
      isDone = true;
    };
    work.then(finish, finish);
    const end = this.now + limitMs;
    await settle();
    while (!isDone) {
      const next = this.#pop();
      if (next === undefined) throw new Error(`at ${this.now} ms: nothing can happen any more`);
      if (next.cancelled) continue;
      if (next.at > end) throw new Error(`at ${this.now} ms: no end after ${limitMs} ms`);
      this.now = next.at;
      next.task();
      await settle();
    }
    return await work;
  }

  /** How many tasks wait for their time. */
  get waiting(): number {
    return this.#due.filter(({ cancelled }) => !cancelled).length;
  }

  #push(due: Due): void {
    const heap = this.#due;
    let at = heap.push(due) - 1;
    while (at > 0) {
      const up = (at - 1) >> 1;
      const parent = heap[up];
      if (parent === undefined || isBefore(parent, due)) break;
      heap[at] = parent;
      at = up;
    }
    heap[at] = due;
  }

  #pop(): Due | undefined {
    const heap = this.#due;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || first === last) return first;
    let at = 0;
    for (;;) {
      let down = 2 * at + 1;
      const [left, right] = [heap[down], heap[down + 1]];
      if (left === undefined) break;
      if (right !== undefined && isBefore(right, left)) down++;
      const child = heap[down];
      if (child === undefined || isBefore(last, child)) break;
      heap[at] = child;
      at = down;
    }
    heap[at] = last;
    return first;
  }
}

function isBefore(a: Due, b: Due): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

/** Lets everything happen that needs no time. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** One program in a simulation: what it does stops while it is paused, and ends when it is killed. */
export class SimulatedProcess {
  readonly clock: Clock;
  readonly #time: VirtualTime;
  #state: 'running' | 'paused' | 'dead' = 'running';
  /** It waits within a call of the system. */
  #isBlocked = false;
  #blockedUntil = 0;
  #wallClockOffset = 0;
  #timers: (() => void)[] = [];
  #input: (() => void)[] = [];

  constructor(time: VirtualTime) {
    this.#time = time;
    this.clock = {
      now: () => START_MS + Math.floor(this.#now) + this.#wallClockOffset,
      monotonic: () => this.#now,
      setTimeout: (task, delayMs) => this.#setTimeout(task, delayMs),
      defer: (task) => void time.after(0, () => this.receive(task)),
    };
  }

  get isDead(): boolean {
    return this.#state === 'dead';
  }

  get isPaused(): boolean {
    return this.#state === 'paused';
  }

  /** Lets it do something that comes from outside: at once, when it goes on, or never. */
  receive(task: () => void): void {
    if (this.#runs) task();
    else if (this.#state !== 'dead') this.#input.push(task);
  }

  /** Stops it, as SIGSTOP does or a collection of garbage. */
  pause(): void {
    if (this.#state === 'running') this.#state = 'paused';
  }

  /** Lets it go on after {@link pause}. */
  resume(): void {
    if (this.#state !== 'paused') return;
    this.#state = 'running';
    this.#goOn();
  }

  /** Has it wait within the call of the system that it makes now: its clock shows how long, all else reaches it afterwards. */
  block(ms: number): void {
    const until = this.#now + ms;
    this.#isBlocked = true;
    this.#blockedUntil = until;
    this.#time.after(until - this.#time.now, () => {
      if (this.#blockedUntil !== until) return;
      this.#isBlocked = false;
      this.#goOn();
    });
  }

  /** First with the timers that have run out, as Node does. */
  #goOn(): void {
    if (!this.#runs) return;
    const tasks = [...this.#timers, ...this.#input];
    this.#timers = [];
    this.#input = [];
    for (const task of tasks) this.#time.after(0, () => this.receive(task));
  }

  get #runs(): boolean {
    return this.#state === 'running' && !this.#isBlocked;
  }

  /** Within a call that blocks it has got ahead of the others. */
  get #now(): number {
    return Math.max(this.#time.now, this.#blockedUntil);
  }

  /** Ends it without a word. */
  kill(): void {
    this.#state = 'dead';
    this.#timers = [];
    this.#input = [];
  }

  /** Sets its wall clock forward or back. */
  jumpClock(ms: number): void {
    this.#wallClockOffset += Math.round(ms);
  }

  #setTimeout(task: () => void, delayMs: number): ClockTimer {
    let isCancelled = false;
    const run = (): void => {
      if (!isCancelled) task();
    };
    const timer = this.#time.after(this.#now + delayMs - this.#time.now, () => {
      if (this.#runs) run();
      else if (this.#state !== 'dead') this.#timers.push(run);
    });
    return {
      cancel: () => {
        isCancelled = true;
        timer.cancel();
      },
    };
  }
}

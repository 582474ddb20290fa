import type { Clock } from '../clock.ts';
import type { CommitLog } from '../txn/commit-log.ts';
import type { AnsweredRequests } from './answered-requests.ts';

/** What goes out of a connection at once. */
export interface Output {
  readonly bytes: Buffer;
  /** The requests that it answers. */
  readonly answered: AnsweredRequests;
}

/** Something with bytes to send: a connection. */
export interface OutputSource {
  /** Whether it was scheduled and has not been asked since; false at first, and the scheduler's to change. */
  isScheduled: boolean;
  /** Hands over what was written so far. */
  takeOutput(): Output;
  /** Sends what {@link takeOutput} gave; `now` is monotonic ms. */
  send(output: Output, now: number): void;
}

/**
 * Sends what all connections have written, once per turn of the event loop and never before the log
 * has committed the transactions behind it. Whoever writes while a commit is under way goes with the
 * next one, so that one commit serves many requests.
 */
export class OutputScheduler {
  readonly #clock: Clock;
  readonly #log: CommitLog;
  readonly #onSent: () => void;
  #waiting: OutputSource[] = [];
  #scheduled = false;
  #paused = false;

  /** `onSent` is called after everything that waited for a commit has been sent. */
  constructor(clock: Clock, log: CommitLog, onSent: () => void = () => {}) {
    this.#clock = clock;
    this.#log = log;
    this.#onSent = onSent;
  }

  /** Asks for the output of a source to be sent soon. */
  schedule(source: OutputSource): void {
    if (!source.isScheduled) {
      source.isScheduled = true;
      this.#waiting.push(source);
    }
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#clock.defer(() => this.flush());
  }

  /** Keeps everything back until {@link resume}. */
  pause(): void {
    this.#paused = true;
  }

  /** Sends what was kept back. */
  resume(): void {
    this.#paused = false;
    this.flush();
  }

  /** Sends what is waiting without waiting for the turn to end. */
  flush(): void {
    this.#scheduled = false;
    if (this.#paused || this.#waiting.length === 0) return;
    const batch = this.#waiting.map((source) => {
      source.isScheduled = false;
      return { source, output: source.takeOutput() };
    });
    this.#waiting = [];
    this.#log.commit(() => {
      const now = this.#clock.monotonic();
      for (const { source, output } of batch) source.send(output, now);
      this.#onSent();
    });
  }
}

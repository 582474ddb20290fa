import type { Clock } from '../clock.ts';
import type { CommitLog } from '../txn/commit-log.ts';

/** Something with bytes to send: a connection. */
export interface OutputSource {
  /** Hands over what was written so far. */
  takeOutput(): Buffer;
  /** Sends what {@link takeOutput} gave. */
  send(output: Buffer): void;
}

/**
 * Sends what all connections have written, once per turn of the event loop and never before the log
 * has committed the transactions behind it. Whoever writes while a commit is under way goes with the
 * next one, so that one commit serves many requests.
 */
export class OutputScheduler {
  readonly #clock: Clock;
  readonly #log: CommitLog;
  #waiting = new Set<OutputSource>();
  #scheduled = false;
  #paused = false;

  constructor(clock: Clock, log: CommitLog) {
    this.#clock = clock;
    this.#log = log;
  }

  /** Asks for the output of a source to be sent soon. */
  schedule(source: OutputSource): void {
    this.#waiting.add(source);
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
    if (this.#paused || this.#waiting.size === 0) return;
    const batch = [...this.#waiting].map((source) => ({ source, output: source.takeOutput() }));
    this.#waiting.clear();
    this.#log.commit(() => {
      for (const { source, output } of batch) source.send(output);
    });
  }
}

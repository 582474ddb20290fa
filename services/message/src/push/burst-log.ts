/** How long a burst of the same trouble is summed up before it is mentioned again. */
const QUIET_MS = 30_000;

/**
 * Says the first of many like troubles at once and then at most one summary in {@link QUIET_MS}, so that a dead gateway
 * fills the counters and not the log.
 */
export class BurstLog {
  readonly #write: (facts: { error: unknown; count: number }) => void;
  readonly #now: () => number;
  #count = 0;
  #lastWritten = Number.NEGATIVE_INFINITY;

  /**
   * @param write gets the latest error and how many there were since it was last called
   * @param now monotonic milliseconds
   */
  constructor(
    write: (facts: { error: unknown; count: number }) => void,
    now: () => number = () => performance.now(),
  ) {
    this.#write = write;
    this.#now = now;
  }

  /** One more trouble. */
  note(error: unknown, count = 1): void {
    this.#count += count;
    const now = this.#now();
    if (now - this.#lastWritten < QUIET_MS) return;
    this.#write({ error, count: this.#count });
    this.#count = 0;
    this.#lastWritten = now;
  }
}

import type { Clock } from '../clock.ts';

/** A write that takes no longer, in ms, is fast. A thread's part in it, a tenth of that, counts. */
const FAST_MS = 1;
/** So many writes in a row must have been fast, and of small batches. */
const PROOF_WRITES = 8;
/** An inline write that takes longer, in ms, is a stall. */
const STALL_MS = 5;
/** After a stall nothing is written inline for so many times as long: stalls may cost a hundredth of all time. */
const PAUSE_FACTOR = 100;
/** But not shorter and not longer than this, in ms. */
const MIN_PAUSE_MS = 1000;
const MAX_PAUSE_MS = 600_000;
/** A batch with more entries than that comes of many requests at once: while a thread writes, the next ones can be worked at. */
const MAX_ENTRIES = 8;
const MAX_BYTES = 16 * 1024;

/** Size of a batch: entries, and bytes of all of them. */
interface BatchSize {
  readonly count: number;
  readonly length: number;
}

type State =
  /** So many writes in a row have been fast and small. */
  | { readonly kind: 'proving'; readonly fastWrites: number }
  /** They have been for long enough. */
  | { readonly kind: 'on' }
  /** There was a stall: not before that time, in monotonic ms. */
  | { readonly kind: 'paused'; readonly until: number };

/**
 * Says whether the log is written inline, by the event loop itself, or by a thread. A fast disk takes less time than handing a
 * write to a thread and hearing of its end, but the loop does nothing else while it waits. So only small batches are written
 * inline, only on a disk that has been fast lately and has had little to do, and after one that stalls not again for a while.
 */
export class InlineWrites {
  /** Batches that were written inline. */
  count = 0;
  /** Those of them that took too long. */
  stalls = 0;
  readonly #clock: Clock;
  #state: State = { kind: 'proving', fastWrites: 0 };

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether a batch is to be written inline. */
  suits(batch: BatchSize): boolean {
    return this.#state.kind === 'on' && isSmall(batch);
  }

  /** Whether nothing is written inline because of a stall. */
  get isPaused(): boolean {
    return this.#state.kind === 'paused' && this.#clock.monotonic() < this.#state.until;
  }

  /** Notes how long an inline write took. Tells for how many ms there is to be none; 0 if it was no stall. */
  wroteInline(elapsedMs: number): number {
    this.count++;
    if (elapsedMs > STALL_MS) return this.#stalled(elapsedMs);
    if (elapsedMs > FAST_MS) this.#state = { kind: 'proving', fastWrites: 0 };
    return 0;
  }

  /** Notes how long a thread took to write a batch. */
  wroteByThread(elapsedMs: number, batch: BatchSize): void {
    if (this.isPaused) return;
    if (elapsedMs > FAST_MS || !isSmall(batch)) this.#state = { kind: 'proving', fastWrites: 0 };
    else if (this.#state.kind !== 'on') this.#prove(this.#state);
  }

  #prove(state: State): void {
    const fastWrites = state.kind === 'proving' ? state.fastWrites + 1 : 1;
    this.#state = fastWrites < PROOF_WRITES ? { kind: 'proving', fastWrites } : { kind: 'on' };
  }

  #stalled(elapsedMs: number): number {
    const pauseMs = Math.min(Math.max(PAUSE_FACTOR * elapsedMs, MIN_PAUSE_MS), MAX_PAUSE_MS);
    this.#state = { kind: 'paused', until: this.#clock.monotonic() + pauseMs };
    this.stalls++;
    return pauseMs;
  }
}

function isSmall({ count, length }: BatchSize): boolean {
  return count <= MAX_ENTRIES && length <= MAX_BYTES;
}

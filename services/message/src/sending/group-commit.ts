import { setImmediate as nextTurn } from 'node:timers/promises';
import { RpcError } from '@mpim/mprpc';
import { resourceExhausted } from '@mpim/service-kit';

/** What a refused writer is told to wait. */
const OVERLOAD_PAUSE_MS = 500;

/** Options of a {@link GroupCommit}. */
export interface GroupCommitOptions<Item, Result> {
  /** Commits all items or none; result `n` is item `n`'s. */
  readonly commit: (items: readonly Item[]) => Promise<Result[]>;
  /** Items per commit; 512 unless told. */
  readonly maxBatch?: number;
  /** Items that may wait; more are refused with RESOURCE_EXHAUSTED. 16,384 unless told. */
  readonly maxWaiting?: number;
  /** Told after each commit: how many items it had, and how long it took in seconds. */
  readonly observe?: (items: number, seconds: number) => void;
  /** Told why an item could not be committed, not even alone. */
  readonly onFailure?: (error: unknown) => void;
}

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Turns many small commits into few: while one is on its way to the disk the next items gather, and all that wait are
 * committed together. An item that makes the common commit fail is found by committing each alone, so it fails alone.
 */
export class GroupCommit<Item, Result> {
  readonly #commit: (items: readonly Item[]) => Promise<Result[]>;
  readonly #maxBatch: number;
  readonly #maxWaiting: number;
  readonly #observe: (items: number, seconds: number) => void;
  readonly #onFailure: (error: unknown) => void;
  #waiting: Waiting<Item, Result>[] = [];
  #running: Promise<void> | undefined;
  #closed = false;

  constructor(options: GroupCommitOptions<Item, Result>) {
    this.#commit = options.commit;
    this.#maxBatch = options.maxBatch ?? 512;
    this.#maxWaiting = options.maxWaiting ?? 16_384;
    this.#observe = options.observe ?? (() => {});
    this.#onFailure = options.onFailure ?? (() => {});
  }

  /** Resolves when the item is committed. Items are committed in the order of these calls. */
  submit(item: Item): Promise<Result> {
    if (this.#closed) {
      return Promise.reject(new RpcError('UNAVAILABLE', 'the message service is stopping'));
    }
    if (this.#waiting.length >= this.#maxWaiting) {
      const text = `${this.#waiting.length} writes are waiting for the disk already.`;
      return Promise.reject(resourceExhausted(text, OVERLOAD_PAUSE_MS));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /** Takes no more items; resolves when all that were taken are settled. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    try {
      while (this.#waiting.length > 0) {
        // SQLite's commit blocks the thread. One turn of the event loop sends the answers of the last batch and
        // lets what has arrived meanwhile join the next one.
        await nextTurn();
        await this.#settle(this.#waiting.splice(0, this.#maxBatch));
      }
    } finally {
      this.#running = undefined;
    }
  }

  async #settle(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    const started = performance.now();
    let results: Result[];
    try {
      results = await this.#commit(batch.map((waiting) => waiting.item));
    } catch (error) {
      const [first, ...others] = batch;
      if (others.length > 0) {
        for (const waiting of batch) await this.#settle([waiting]);
      } else {
        this.#onFailure(error);
        first?.reject(error);
      }
      return;
    }
    this.#observe(batch.length, (performance.now() - started) / 1_000);
    for (const [index, waiting] of batch.entries()) {
      const result = results[index];
      if (result === undefined) waiting.reject(new Error(`the commit gave no result ${index}`));
      else waiting.resolve(result);
    }
  }
}

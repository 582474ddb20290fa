/** Options of {@link KeyedBatches}. */
export interface KeyedBatchesOptions<Item> {
  /** Keys worked on at the same time. */
  readonly concurrency: number;
  /** Items that may wait, all keys together. */
  readonly capacity: number;
  /** Items handed over at once, at most. */
  readonly maxBatch: number;
  /** Works on the items of one key; never called twice at a time for a key. A throw goes to `onError`. */
  readonly handle: (key: string, items: readonly Item[]) => Promise<void>;
  readonly onError: (error: unknown, key: string, items: readonly Item[]) => void;
}

/**
 * A bounded queue that keeps the order within each key and works on many keys at once. What gathers for a key while it
 * is being worked on is handed over together.
 */
export class KeyedBatches<Item> {
  readonly #options: KeyedBatchesOptions<Item>;
  /** Waiting items by key, in the order in which the keys came; a key that is being worked on may be here too. */
  readonly #waiting = new Map<string, Item[]>();
  readonly #working = new Set<string>();
  #size = 0;
  #idle: PromiseWithResolvers<void> | undefined;
  #scheduled = false;

  constructor(options: KeyedBatchesOptions<Item>) {
    this.#options = options;
  }

  /** Items that wait. */
  get size(): number {
    return this.#size;
  }

  /** True when nothing waits and nothing is worked on. */
  get isIdle(): boolean {
    return this.#size === 0 && this.#working.size === 0;
  }

  /** Adds an item; false when the queue is full and it was not taken. Work begins in a later turn. */
  add(key: string, item: Item): boolean {
    if (this.#size >= this.#options.capacity) return false;
    const items = this.#waiting.get(key);
    if (items === undefined) this.#waiting.set(key, [item]);
    else items.push(item);
    this.#size++;
    this.#schedule();
    return true;
  }

  /** Resolves when the queue is idle. */
  async idle(): Promise<void> {
    if (this.isIdle) return;
    this.#idle ??= Promise.withResolvers<void>();
    await this.#idle.promise;
  }

  /** Forgets what waits; what is worked on goes on. */
  clear(): void {
    this.#waiting.clear();
    this.#size = 0;
    this.#settleIdle();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#start();
    });
  }

  #start(): void {
    for (const [key, items] of this.#waiting) {
      if (this.#working.size >= this.#options.concurrency) return;
      if (this.#working.has(key)) continue;
      const batch = items.splice(0, this.#options.maxBatch);
      this.#waiting.delete(key);
      // A key with more to do goes to the end of the line.
      if (items.length > 0) this.#waiting.set(key, items);
      this.#size -= batch.length;
      void this.#work(key, batch);
    }
  }

  async #work(key: string, batch: readonly Item[]): Promise<void> {
    this.#working.add(key);
    try {
      await this.#options.handle(key, batch);
    } catch (error) {
      this.#options.onError(error, key, batch);
    } finally {
      this.#working.delete(key);
      this.#settleIdle();
      if (this.#size > 0) this.#start();
    }
  }

  #settleIdle(): void {
    if (!this.isIdle) return;
    this.#idle?.resolve();
    this.#idle = undefined;
  }
}

/**
 * Deadlines in buckets of one tick: thousands of items need no timer each, and touching one is a map
 * look-up unless it moves to another bucket. An item falls due at the first tick boundary after
 * its timeout, so never early and at most one tick late (ZooKeeper: `ExpiryQueue`).
 */
export class ExpiryQueue<T> {
  readonly #tickMs: number;
  readonly #dueOf = new Map<T, number>();
  readonly #buckets = new Map<number, Set<T>>();

  constructor(tickMs: number) {
    this.#tickMs = tickMs;
  }

  /** Adds an item, or puts its deadline to `now + timeoutMs`. */
  update(item: T, timeoutMs: number, now: number): void {
    const due = (Math.floor((now + timeoutMs) / this.#tickMs) + 1) * this.#tickMs;
    const before = this.#dueOf.get(item);
    if (before === due) return;
    if (before !== undefined) this.#takeOut(item, before);
    this.#dueOf.set(item, due);
    const bucket = this.#buckets.get(due);
    if (bucket === undefined) this.#buckets.set(due, new Set([item]));
    else bucket.add(item);
  }

  /** Forgets an item; harmless if it is not there. */
  remove(item: T): void {
    const due = this.#dueOf.get(item);
    if (due === undefined) return;
    this.#dueOf.delete(item);
    this.#takeOut(item, due);
  }

  /** Removes and returns all items that are due. */
  takeDue(now: number): T[] {
    const taken: T[] = [];
    for (const [due, items] of this.#buckets) {
      if (due > now) continue;
      this.#buckets.delete(due);
      for (const item of items) {
        this.#dueOf.delete(item);
        taken.push(item);
      }
    }
    return taken;
  }

  /** When an item falls due, in monotonic ms. */
  dueOf(item: T): number | undefined {
    return this.#dueOf.get(item);
  }

  /** Number of items. */
  get size(): number {
    return this.#dueOf.size;
  }

  /** The buckets by due time, soonest first. */
  buckets(): [due: number, items: ReadonlySet<T>][] {
    return [...this.#buckets].sort(([a], [b]) => a - b);
  }

  #takeOut(item: T, due: number): void {
    const bucket = this.#buckets.get(due);
    bucket?.delete(item);
    if (bucket?.size === 0) this.#buckets.delete(due);
  }
}

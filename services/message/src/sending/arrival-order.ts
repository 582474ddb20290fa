/**
 * Lets work that began in an order go on in that order, key by key, though it may take differently long: a device that
 * sends two messages without waiting gets two seqs in the order of sending, whichever was authorised first.
 */
export class ArrivalOrder {
  readonly #tails = new Map<string, Promise<unknown>>();

  /** Settles as `work` does, but not before everything that came under the same key earlier is settled. */
  async after<Result>(key: string, work: Promise<Result>): Promise<Result> {
    const tail = Promise.allSettled([this.#tails.get(key), work]);
    this.#tails.set(key, tail);
    await tail;
    if (this.#tails.get(key) === tail) this.#tails.delete(key);
    return work;
  }

  /** Keys with work under way. */
  get size(): number {
    return this.#tails.size;
  }
}

const DONE: IteratorReturnResult<undefined> = { value: undefined, done: true };

/**
 * A stream that begins when it is first read, so that one that is never read costs and leaks nothing.
 * It is read once: iterating it again goes on where the first reader stopped.
 */
export class LazyStream implements AsyncIterableIterator<unknown, undefined> {
  #open: (() => AsyncIterator<unknown> | Promise<AsyncIterator<unknown>>) | undefined;
  #inner: AsyncIterator<unknown> | Promise<AsyncIterator<unknown>> | undefined;

  constructor(open: () => AsyncIterator<unknown> | Promise<AsyncIterator<unknown>>) {
    this.#open = open;
  }

  next(): Promise<IteratorResult<unknown, undefined>> {
    const inner = this.#inner;
    if (inner === undefined || inner instanceof Promise) return this.#first();
    // From the second message on nothing is added to what the stream itself costs (`bench rpc`).
    return inner.next() as Promise<IteratorResult<unknown, undefined>>;
  }

  async #first(): Promise<IteratorResult<unknown, undefined>> {
    const open = this.#open;
    this.#open = undefined;
    if (open !== undefined) this.#inner = open();
    const inner = this.#inner instanceof Promise ? await this.#inner : this.#inner;
    if (inner === undefined) return DONE;
    this.#inner = inner;
    return (await inner.next()) as IteratorResult<unknown, undefined>;
  }

  async return(): Promise<IteratorResult<unknown, undefined>> {
    this.#open = undefined;
    const opening = this.#inner;
    this.#inner = undefined;
    const inner = opening instanceof Promise ? await opening.catch(() => undefined) : opening;
    await inner?.return?.();
    return DONE;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }
}

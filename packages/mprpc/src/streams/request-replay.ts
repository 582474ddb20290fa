import { closeIterator, iterate, type StreamSource } from './outbound-stream.ts';

/** More requests than this are not kept for another attempt. */
const MAX_KEPT_BYTES = 64 * 1024;

const DONE: IteratorResult<Uint8Array, undefined> = { value: undefined, done: true };

/**
 * The requests of a streaming call, encoded, as each attempt of it reads them from the start. They are taken from
 * their source once, and kept until the call is committed: from then on there is no further attempt.
 */
export class RequestReplay {
  readonly #iterator: AsyncIterator<unknown> | Iterator<unknown>;
  readonly #encode: (message: unknown) => Uint8Array;
  readonly #kept: Uint8Array[] = [];
  #keptBytes = 0;
  /** Requests dropped from the front of what is kept. */
  #dropped = 0;
  #isCommitted = false;
  #isEnded = false;
  #pulling: Promise<void> | undefined;

  constructor(source: StreamSource<unknown>, encode: (message: unknown) => Uint8Array) {
    this.#iterator = iterate(source);
    this.#encode = encode;
  }

  /** True when requests were handed out that are no longer kept, or must not be sent again. */
  get isCommitted(): boolean {
    return this.#isCommitted;
  }

  /** The call is under way at a server: nothing needs to be kept. */
  commit(): void {
    this.#isCommitted = true;
  }

  /** Lets the source clean up; nothing is taken from it any more. */
  close(): void {
    this.#isCommitted = true;
    this.#kept.length = 0;
    if (!this.#isEnded) closeIterator(this.#iterator);
    this.#isEnded = true;
  }

  /** All requests from the first one. Rejects with what the source or the encoder throws. */
  attempt(): AsyncIterable<Uint8Array> {
    let index = 0;
    const next = async (): Promise<IteratorResult<Uint8Array, undefined>> => {
      while (index >= this.#dropped + this.#kept.length) {
        if (this.#isEnded) return DONE;
        // An attempt that was given up may still wait for the source: what it brings is for this one.
        this.#pulling ??= this.#pull();
        await this.#pulling;
      }
      const value = this.#kept[index - this.#dropped] as Uint8Array;
      index++;
      if (this.#isCommitted) this.#drop(index);
      return { value, done: false };
    };
    return { [Symbol.asyncIterator]: () => ({ next }) };
  }

  async #pull(): Promise<void> {
    try {
      const step = await this.#iterator.next();
      if (this.#isEnded) return;
      if (step.done) {
        this.#isEnded = true;
        return;
      }
      const message = this.#encode(step.value);
      this.#kept.push(message);
      this.#keptBytes += message.length;
      if (this.#keptBytes > MAX_KEPT_BYTES) this.#isCommitted = true;
    } finally {
      this.#pulling = undefined;
    }
  }

  #drop(before: number): void {
    this.#kept.splice(0, before - this.#dropped);
    this.#dropped = before;
  }
}

import { codeOf, type StatusCode } from '../errors.ts';

/** Messages of one call so far. */
export interface MessageCounts {
  /** Sent by a client, received by a server. */
  requests: number;
  /** Received by a client, sent by a server. */
  responses: number;
}

/** How a call ended. */
export interface CallEnd extends Readonly<MessageCounts> {
  /** What the caller was told. */
  readonly code: StatusCode;
  /** Why; `undefined` when it went well. */
  readonly error: unknown;
  /** From its beginning, in ms; of a stream, to its last message. */
  readonly ms: number;
}

/** How far a call is, and how it ends: for interceptors, whose `next` resolves before a stream has begun to flow. */
export class CallProgress {
  readonly #counts: MessageCounts;
  readonly #startedAt = performance.now();
  #listeners: ((end: CallEnd) => void)[] | undefined;
  #end: CallEnd | undefined;

  constructor(counts: MessageCounts = { requests: 0, responses: 0 }) {
    this.#counts = counts;
  }

  /** Messages so far. */
  get messages(): Readonly<MessageCounts> {
    return this.#counts;
  }

  /** Calls `listener` once, when the call has ended; at once when it has already. */
  onEnd(listener: (end: CallEnd) => void): void {
    if (this.#end !== undefined) {
      listener(this.#end);
      return;
    }
    this.#listeners ??= [];
    this.#listeners.push(listener);
  }

  /** The call has ended, well or with an error, after so many messages. Only the first time counts. */
  finish(error?: unknown, counts: Readonly<MessageCounts> = this.#counts): void {
    if (this.#end !== undefined) return;
    const code = error === undefined ? 'OK' : codeOf(error);
    this.#end = { ...counts, code, error, ms: performance.now() - this.#startedAt };
    const listeners = this.#listeners ?? [];
    this.#listeners = undefined;
    for (const listener of listeners) listener(this.#end);
  }
}

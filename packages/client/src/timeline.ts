import type { Message } from '@mpim/protocol';

/** How many early messages are kept per conversation; what is beyond is pulled again later. */
const MAX_EARLY = 1000;

/**
 * One conversation's order. Messages go in as they come (early, late, twice); they come out exactly
 * once each and without a hole: `watermark + 1`, `watermark + 2`, …
 */
export class Timeline {
  readonly conversationId: string;
  readonly #early = new Map<number, Message>();
  #watermark: number;
  #head: number;

  /** Messages up to `start` are taken as known already. */
  constructor(conversationId: string, start: number) {
    this.conversationId = conversationId;
    this.#watermark = start;
    this.#head = start;
  }

  /** The seq up to which everything has come out. */
  get watermark(): number {
    return this.#watermark;
  }

  /** The highest seq known to exist. */
  get head(): number {
    return this.#head;
  }

  /** True while a message known to exist is missing. Meaningful after `take()`. */
  get hole(): boolean {
    return this.#watermark < this.#head;
  }

  /** Learns that messages up to `seq` exist. */
  noteHead(seq: number): void {
    if (seq > this.#head) this.#head = seq;
  }

  /** Puts a message in; one that came before is dropped. */
  offer(message: Message): void {
    const { seq } = message;
    if (!Number.isSafeInteger(seq) || seq <= this.#watermark || this.#early.has(seq)) return;
    this.noteHead(seq);
    if (seq === this.#watermark + 1 || this.#early.size < MAX_EARLY) this.#early.set(seq, message);
  }

  /** The next message of the contiguous prefix, or `undefined`. The watermark moves past it. */
  take(): Message | undefined {
    const message = this.#early.get(this.#watermark + 1);
    if (message === undefined) return undefined;
    this.#early.delete(message.seq);
    this.#watermark = message.seq;
    return message;
  }

  /** Moves on to `seq` without its messages: the user was not a member in between. */
  skipTo(seq: number): void {
    for (const early of this.#early.keys()) if (early <= seq) this.#early.delete(early);
    if (seq > this.#watermark) this.#watermark = seq;
    this.noteHead(seq);
  }
}

import { setTimeout as delay } from 'node:timers/promises';
import type { MpimClient } from '@mpim/client';
import type { Message } from '@mpim/protocol';

/** A message that was refused. */
type Refused = (error: unknown) => void;

/**
 * Messages on their way out, sent in the order given without waiting for one another. A message is on its way until it
 * has been refused, or acknowledged and come out at its place in the conversation.
 */
export class Outgoing {
  readonly #client: MpimClient;
  readonly #onTheWay = new Map<string, Promise<void>>();
  readonly #release: () => void;
  readonly #finish = new Map<string, () => void>();

  constructor(client: MpimClient) {
    this.#client = client;
    this.#release = client.on('sent', ({ clientMsgId }: Message) => this.#done(clientMsgId));
  }

  /** How many are on their way. */
  get count(): number {
    return this.#onTheWay.size;
  }

  /** Sends; `refused` is told when the server does not take it. */
  send(conversationId: string, text: string, refused: Refused): void {
    const clientMsgId = crypto.randomUUID();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onTheWay.set(clientMsgId, promise);
    this.#finish.set(clientMsgId, resolve);
    this.#client.send(conversationId, text, { clientMsgId }).catch((error: unknown) => {
      if (!this.#onTheWay.has(clientMsgId)) return;
      refused(error);
      this.#done(clientMsgId);
    });
  }

  /** Waits until none is on its way; false when some still are after `limitMs`. */
  async settled(limitMs = Number.POSITIVE_INFINITY): Promise<boolean> {
    const all = Promise.all(this.#onTheWay.values()).then(() => true);
    if (!Number.isFinite(limitMs)) return all;
    const timer = new AbortController();
    const late = delay(limitMs, false, { signal: timer.signal });
    // Aborting the timer rejects it, after the race is over.
    late.catch(() => {});
    try {
      return await Promise.race([all, late]);
    } finally {
      timer.abort();
    }
  }

  /** Waits while `most` or more are on their way. */
  async below(most: number): Promise<void> {
    while (this.#onTheWay.size >= most) await Promise.race(this.#onTheWay.values());
  }

  /** Stops listening; what is on its way is the client's to close. */
  stop(): void {
    this.#release();
    for (const clientMsgId of [...this.#onTheWay.keys()]) this.#done(clientMsgId);
  }

  #done(clientMsgId: string): void {
    this.#onTheWay.delete(clientMsgId);
    this.#finish.get(clientMsgId)?.();
    this.#finish.delete(clientMsgId);
  }
}

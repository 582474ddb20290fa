import type { Message, Sent } from '@mpim/protocol';
import { backoffMs, pause } from './backoff.ts';
import { type MpimError, toMpimError } from './errors.ts';

/** A message that is not acknowledged yet. */
export interface PendingMessage {
  readonly conversationId: string;
  readonly clientMsgId: string;
  readonly text: string;
}

interface Entry extends PendingMessage {
  readonly settled: Promise<Message>;
  resolve(message: Message): void;
  reject(error: MpimError): void;
  done: boolean;
}

interface Lane {
  readonly conversationId: string;
  readonly entries: Entry[];
  busy: boolean;
}

/** What the outbox needs of its owner. */
export interface OutboxOwner {
  /** One attempt to send; rejects CONNECTION_LOST (retryable) without a link. */
  transmit(message: PendingMessage): Promise<Sent>;
  /** The message was committed at this place. */
  acknowledged(message: PendingMessage, sent: Sent): Message;
}

/**
 * Messages on their way out. Within a conversation they leave in the order they were given: the next
 * one waits until the one before is acknowledged or refused; conversations do not wait for each other.
 * An attempt whose answer did not come is repeated with the same clientMsgId, over reconnects, for ever.
 */
export class Outbox {
  readonly #owner: OutboxOwner;
  readonly #random: () => number;
  readonly #lanes = new Map<string, Lane>();
  readonly #byId = new Map<string, Entry>();
  #online = new AbortController();

  constructor(owner: OutboxOwner, random: () => number) {
    this.#owner = owner;
    this.#random = random;
    this.#online.abort();
  }

  /** Messages not acknowledged yet, oldest first within each conversation. */
  get pending(): readonly PendingMessage[] {
    return [...this.#byId.values()];
  }

  /** True while this clientMsgId waits for its ack. */
  has(clientMsgId: string): boolean {
    return this.#byId.has(clientMsgId);
  }

  /** Queues a message; resolves at its ack. The same clientMsgId again gives the same promise. */
  send(message: PendingMessage): Promise<Message> {
    const known = this.#byId.get(message.clientMsgId);
    if (known !== undefined) return known.settled;
    const { promise, resolve, reject } = Promise.withResolvers<Message>();
    const entry: Entry = { ...message, settled: promise, resolve, reject, done: false };
    this.#byId.set(entry.clientMsgId, entry);
    let lane = this.#lanes.get(entry.conversationId);
    if (lane === undefined) {
      lane = { conversationId: entry.conversationId, entries: [], busy: false };
      this.#lanes.set(entry.conversationId, lane);
    }
    lane.entries.push(entry);
    void this.#pump(lane);
    return promise;
  }

  /** Starts sending (again). */
  resume(): void {
    if (!this.#online.signal.aborted) return;
    this.#online = new AbortController();
    for (const lane of this.#lanes.values()) void this.#pump(lane);
  }

  /** Stops sending; what is queued stays. */
  suspend(): void {
    this.#online.abort();
  }

  /** A message seen in its conversation proves that it was committed although the ack was lost. */
  settle(message: Message): void {
    const entry = this.#byId.get(message.clientMsgId);
    if (entry === undefined || entry.conversationId !== message.conversationId) return;
    this.#finish(entry);
    entry.resolve(message);
  }

  /** Fails everything queued; the client is closed. */
  close(error: MpimError): void {
    this.suspend();
    const entries = [...this.#byId.values()];
    this.#lanes.clear();
    for (const entry of entries) {
      this.#finish(entry);
      entry.reject(error);
    }
  }

  async #pump(lane: Lane): Promise<void> {
    if (lane.busy) return;
    lane.busy = true;
    let failures = 0;
    while (!this.#online.signal.aborted) {
      const entry = lane.entries[0];
      if (entry === undefined) break;
      if (entry.done) {
        lane.entries.shift();
        continue;
      }
      const online = this.#online.signal;
      const error = await this.#transmit(entry);
      if (error === undefined) failures = 0;
      else if (!entry.done) {
        const delayMs = backoffMs(failures, 200, 5000, this.#random);
        failures += 1;
        await pause(Math.max(error.retryAfterMs, delayMs), online);
      }
    }
    lane.busy = false;
    if (lane.entries.length === 0) this.#lanes.delete(lane.conversationId);
  }

  /** One attempt; returns the failure when it should be repeated. */
  async #transmit(entry: Entry): Promise<MpimError | undefined> {
    let sent: Sent;
    try {
      sent = await this.#owner.transmit(entry);
    } catch (thrown) {
      const error = toMpimError(thrown);
      if (error.retryable) return error;
      if (!entry.done) {
        this.#finish(entry);
        entry.reject(error);
      }
      return undefined;
    }
    if (!entry.done) {
      this.#finish(entry);
      entry.resolve(this.#owner.acknowledged(entry, sent));
    }
    return undefined;
  }

  #finish(entry: Entry): void {
    entry.done = true;
    this.#byId.delete(entry.clientMsgId);
  }
}

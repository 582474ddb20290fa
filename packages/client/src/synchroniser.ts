import { type Conversation, type Cursor, type Message, parseConversationId } from '@mpim/protocol';
import { backoffMs, pause } from './backoff.ts';
import { type MpimError, toMpimError } from './errors.ts';
import { HolePuller } from './hole-puller.ts';
import type { AnswerValue, RequestKind, RequestValue } from './requests.ts';
import { Timeline } from './timeline.ts';
import type { Timing } from './types.ts';
import { Unplaced } from './unplaced.ts';

/** Cursors in one Sync, at most; a frame to the gateway may have 64 KiB. */
const MAX_CURSORS = 700;

/** What the synchroniser needs of its owner. */
export interface SynchroniserOwner {
  /** One request, one attempt. */
  attempt<K extends RequestKind>(kind: K, value: RequestValue<K>): Promise<AnswerValue<K>>;
  /** The next message of a conversation: in seq order, each once. */
  deliver(message: Message): void;
  /** A conversation as the server lists it. */
  listed(conversation: Conversation): void;
  /** A group this user no longer belongs to. */
  gone(conversationId: string): void;
  report(error: MpimError): void;
}

/**
 * Keeps every conversation complete: takes pushes, acks and sync answers as they come, and delivers
 * per conversation the contiguous prefix only. Holes are pulled; what is pushed before the first sync
 * waits for it, because only the sync tells where an unknown conversation starts.
 */
export class Synchroniser {
  readonly #owner: SynchroniserOwner;
  readonly #timing: Timing;
  readonly #timelines = new Map<string, Timeline>();
  /** Timelines of groups that were left; kept so that nothing comes twice after joining again. */
  readonly #left = new Map<string, Timeline>();
  readonly #unplaced = new Unplaced();
  readonly #puller: HolePuller;
  #synced = false;
  /** Aborts with the link; aborted while there is none or its first sync is not done. */
  #live: AbortSignal = AbortSignal.abort();
  #wake: AbortController | undefined;
  /** Unix ms at which a requested sync is due. */
  #syncDue = Number.POSITIVE_INFINITY;

  constructor(owner: SynchroniserOwner, timing: Timing) {
    this.#owner = owner;
    this.#timing = timing;
    this.#puller = new HolePuller(timing, {
      pull: (conversationId, afterSeq) =>
        // after_seq 0 does not count (`message_service.proto`), so the very first message is asked for by its end.
        afterSeq === 0
          ? owner.attempt('history', { conversationId, afterSeq, beforeSeq: 2, limit: 1 })
          : owner.attempt('history', { conversationId, afterSeq, beforeSeq: 0, limit: 0 }),
      pulled: (timeline) => this.#drain(timeline),
      gaveUp: (error, retryInMs) => {
        owner.report(error);
        this.requestSync(retryInMs);
      },
    });
  }

  /** The first sync on a new link, repeated until it succeeds; then keeps syncing until `ended` aborts. */
  async synchronise(ended: AbortSignal): Promise<void> {
    this.#live = AbortSignal.abort();
    for (let failures = 0; !ended.aborted; failures += 1) {
      if (await this.#sync(ended, failures)) {
        this.#live = ended;
        void this.#keepSyncing(ended);
        return;
      }
    }
  }

  /** Takes a message from a push or an ack. */
  accept(message: Message): void {
    const { conversationId } = message;
    const kind = parseConversationId(conversationId)?.kind;
    if (kind === undefined || message.seq < 1) return;
    let timeline = this.#timelines.get(conversationId);
    if (timeline === undefined && this.#synced && kind === 'direct') {
      // It was not in the first sync, so it had no message then: all of it is new.
      timeline = new Timeline(conversationId, 0);
      this.#timelines.set(conversationId, timeline);
    }
    if (timeline === undefined) {
      this.#unplaced.add(message);
      if (this.#synced) this.requestSync(0);
      return;
    }
    timeline.offer(message);
    this.#drain(timeline);
    if (timeline.hole && !this.#live.aborted) {
      void this.#puller.fill(timeline, this.#live, this.#timing.holeDelayMs);
    }
  }

  /** The user joined a group by this client: its messages are followed from `joinedSeq` on. */
  joined(conversationId: string, joinedSeq: number): void {
    if (this.#timelines.has(conversationId)) return;
    const left = this.#left.get(conversationId);
    this.#left.delete(conversationId);
    left?.skipTo(joinedSeq);
    this.#place(left ?? new Timeline(conversationId, joinedSeq));
  }

  /** The user left a group by this client. */
  leave(conversationId: string): void {
    const timeline = this.#timelines.get(conversationId);
    if (timeline === undefined) return;
    this.#timelines.delete(conversationId);
    this.#left.set(conversationId, timeline);
  }

  /** Syncs again within `delayMs`; the soonest request counts. */
  requestSync(delayMs: number): void {
    const due = Date.now() + delayMs;
    if (due >= this.#syncDue) return;
    this.#syncDue = due;
    this.#wake?.abort();
  }

  async #keepSyncing(ended: AbortSignal): Promise<void> {
    const { syncIntervalMs, random } = this.#timing;
    let failures = 0;
    while (!ended.aborted) {
      const due = Date.now() + syncIntervalMs * (0.75 + random() / 2);
      await this.#sleep(due, ended);
      if (ended.aborted) return;
      failures = (await this.#sync(ended, failures)) ? 0 : failures + 1;
    }
  }

  /** Waits until `due` or until a requested sync is due, whichever is first. */
  async #sleep(due: number, ended: AbortSignal): Promise<void> {
    for (;;) {
      this.#wake = new AbortController();
      const remaining = Math.min(due, this.#syncDue) - Date.now();
      if (remaining <= 0 || ended.aborted) break;
      await pause(remaining, AbortSignal.any([this.#wake.signal, ended]));
    }
    this.#wake = undefined;
  }

  /** One sync and the pulls it asks for. False when it failed and should be repeated. */
  async #sync(ended: AbortSignal, failures: number): Promise<boolean> {
    this.#syncDue = Number.POSITIVE_INFINITY;
    const asked = [...this.#timelines.keys()];
    const unplacedBefore = this.#unplaced.conversations;
    let conversations: Conversation[];
    try {
      ({ conversations } = await this.#owner.attempt('sync', { cursors: this.#cursors() }));
    } catch (thrown) {
      const error = toMpimError(thrown);
      if (ended.aborted) return false;
      if (!error.retryable) this.#owner.report(error);
      const { random, syncIntervalMs } = this.#timing;
      const delayMs = Math.max(error.retryAfterMs, backoffMs(failures, 250, 5000, random));
      await pause(Math.min(delayMs, syncIntervalMs), ended);
      return false;
    }
    if (ended.aborted) return false;
    const listed = new Set(conversations.map((conversation) => conversation.conversationId));
    for (const conversation of conversations) this.#apply(conversation);
    for (const id of asked) if (!listed.has(id)) this.#unlisted(id);
    for (const id of unplacedBefore) if (!listed.has(id)) this.#unplaced.take(id);
    this.#synced = true;
    for (const message of this.#unplaced.takeDirect()) this.accept(message);
    const holes = [...this.#timelines.values()].filter((timeline) => timeline.hole);
    await this.#puller.fillAll(holes, ended);
    return !ended.aborted;
  }

  #cursors(): Cursor[] {
    const cursors: Cursor[] = [];
    for (const { conversationId, watermark: seq } of this.#timelines.values()) {
      if (cursors.length < MAX_CURSORS) cursors.push({ conversationId, seq });
    }
    return cursors;
  }

  #apply(conversation: Conversation): void {
    const { conversationId, lastSeq, readSeq, messages } = conversation;
    const kind = parseConversationId(conversationId)?.kind;
    if (kind === undefined) return;
    this.#owner.listed(conversation);
    let timeline = this.#timelines.get(conversationId);
    if (timeline === undefined) {
      const left = this.#left.get(conversationId);
      this.#left.delete(conversationId);
      const readUpTo = this.#synced && kind === 'direct' ? 0 : Math.min(readSeq, lastSeq);
      // A message that came before (say, an ack of this client) must come out, read or not.
      const first = this.#unplaced.firstSeq(conversationId) ?? Number.POSITIVE_INFINITY;
      timeline = left ?? new Timeline(conversationId, Math.min(readUpTo, first - 1));
    }
    for (const message of messages) timeline.offer(message);
    timeline.noteHead(lastSeq);
    this.#place(timeline);
  }

  #place(timeline: Timeline): void {
    this.#timelines.set(timeline.conversationId, timeline);
    for (const message of this.#unplaced.take(timeline.conversationId)) timeline.offer(message);
    this.#drain(timeline);
  }

  #unlisted(conversationId: string): void {
    if (parseConversationId(conversationId)?.kind !== 'group') return;
    this.leave(conversationId);
    this.#owner.gone(conversationId);
  }

  #drain(timeline: Timeline): void {
    for (;;) {
      const message = timeline.take();
      if (message === undefined) return;
      this.#owner.deliver(message);
    }
  }
}

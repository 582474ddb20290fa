import { directPeer, type Message, parseConversationId } from '@mpim/protocol';
import type { ConversationSummary } from './types.ts';

/** What changed about a conversation; what is left out stays. */
export interface ConversationChange {
  readonly name?: string;
  readonly lastSeq?: number;
  readonly readSeq?: number;
  readonly lastMessage?: Message;
}

/** The user's conversations with their unread counts. Every entry is replaced, never changed in place. */
export class ConversationList {
  readonly #entries = new Map<string, ConversationSummary>();
  readonly #changed: () => void;
  #sorted: readonly ConversationSummary[] | undefined;

  /** `changed` is called once per turn of the event loop in which something changed. */
  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** Newest activity first. The same array until something changes. */
  get list(): readonly ConversationSummary[] {
    this.#sorted ??= [...this.#entries.values()].sort(
      (a, b) =>
        (b.lastMessage?.serverTime ?? 0) - (a.lastMessage?.serverTime ?? 0) ||
        (a.conversationId < b.conversationId ? -1 : 1),
    );
    return this.#sorted;
  }

  get(conversationId: string): ConversationSummary | undefined {
    return this.#entries.get(conversationId);
  }

  /** Adds or changes one; seqs only ever grow. `user` is whose list this is. */
  update(conversationId: string, user: string, change: ConversationChange): void {
    const before = this.#entries.get(conversationId);
    const lastSeq = Math.max(before?.lastSeq ?? 0, change.lastSeq ?? 0);
    const readSeq = Math.max(before?.readSeq ?? 0, change.readSeq ?? 0);
    const peer = directPeer(conversationId, user);
    const name = change.name === undefined || change.name === '' ? before?.title : change.name;
    const after: ConversationSummary = {
      conversationId,
      kind: parseConversationId(conversationId)?.kind ?? 'group',
      title: peer ?? name ?? conversationId,
      lastSeq,
      readSeq,
      unread: Math.max(0, lastSeq - readSeq),
      lastMessage: change.lastMessage ?? before?.lastMessage,
    };
    if (before !== undefined && same(before, after)) return;
    this.#entries.set(conversationId, after);
    this.#touch();
  }

  remove(conversationId: string): void {
    if (this.#entries.delete(conversationId)) this.#touch();
  }

  #scheduled = false;

  #touch(): void {
    this.#sorted = undefined;
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#changed();
    });
  }
}

function same(a: ConversationSummary, b: ConversationSummary): boolean {
  return (
    a.title === b.title &&
    a.lastSeq === b.lastSeq &&
    a.readSeq === b.readSeq &&
    a.lastMessage === b.lastMessage
  );
}

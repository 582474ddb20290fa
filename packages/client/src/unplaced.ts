import { type Message, parseConversationId } from '@mpim/protocol';

/** Kept per conversation and in conversations; what is beyond comes with the next sync. */
const MAX_MESSAGES = 1000;
const MAX_CONVERSATIONS = 500;

/** Messages of conversations whose start is not known yet; they wait for a sync. */
export class Unplaced {
  readonly #messages = new Map<string, Message[]>();

  get conversations(): string[] {
    return [...this.#messages.keys()];
  }

  add(message: Message): void {
    const waiting = this.#messages.get(message.conversationId);
    if (waiting !== undefined) {
      if (waiting.length < MAX_MESSAGES) waiting.push(message);
    } else if (this.#messages.size < MAX_CONVERSATIONS) {
      this.#messages.set(message.conversationId, [message]);
    }
  }

  /** The lowest seq that waits in a conversation. */
  firstSeq(conversationId: string): number | undefined {
    const waiting = this.#messages.get(conversationId);
    return waiting?.reduce((low, { seq }) => Math.min(low, seq), Number.POSITIVE_INFINITY);
  }

  take(conversationId: string): Message[] {
    const waiting = this.#messages.get(conversationId) ?? [];
    this.#messages.delete(conversationId);
    return waiting;
  }

  /** Everything of direct conversations. */
  takeDirect(): Message[] {
    return this.conversations
      .filter((id) => parseConversationId(id)?.kind === 'direct')
      .flatMap((id) => this.take(id));
  }
}

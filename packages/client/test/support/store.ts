import type { Conversation, Cursor, Message } from '@mpim/protocol';

/** What a stored conversation is to the fake gateway. */
interface StoredConversation {
  readonly name: string;
  readonly messages: Message[];
  readonly members: Set<string>;
  readonly readSeq: Map<string, number>;
  readonly joinedSeq: Map<string, number>;
}

/** The truth behind the fake gateway: conversations with gapless seqs, as the services keep them. */
export class Store {
  readonly conversations = new Map<string, StoredConversation>();
  /** Messages per conversation in one sync answer. */
  syncLimit = 100;
  /** Whether sending moves the sender's own read position. */
  ownIsRead = true;

  open(conversationId: string, members: readonly string[], name = ''): StoredConversation {
    let conversation = this.conversations.get(conversationId);
    if (conversation === undefined) {
      conversation = {
        name,
        messages: [],
        members: new Set(),
        readSeq: new Map(),
        joinedSeq: new Map(),
      };
      this.conversations.set(conversationId, conversation);
    }
    for (const member of members) conversation.members.add(member);
    return conversation;
  }

  /** Appends, or finds the message the same clientMsgId gave before. */
  append(conversationId: string, sender: string, clientMsgId: string, text: string): Message {
    const conversation = this.open(conversationId, [sender]);
    const known = conversation.messages.find(
      (message) => message.sender === sender && message.clientMsgId === clientMsgId,
    );
    if (known !== undefined) return known;
    const message: Message = {
      conversationId,
      seq: conversation.messages.length + 1,
      sender,
      clientMsgId,
      serverTime: 1_700_000_000_000 + conversation.messages.length,
      content: { text },
    };
    conversation.messages.push(message);
    if (this.ownIsRead) conversation.readSeq.set(sender, message.seq);
    return message;
  }

  sync(user: string, cursors: readonly Cursor[]): Conversation[] {
    const known = new Map(cursors.map(({ conversationId, seq }) => [conversationId, seq]));
    const listed: Conversation[] = [];
    for (const [conversationId, conversation] of this.conversations) {
      if (!conversation.members.has(user)) continue;
      const readSeq = conversation.readSeq.get(user) ?? 0;
      const after = known.get(conversationId) ?? readSeq;
      const missed = conversation.messages.slice(after);
      listed.push({
        conversationId,
        name: conversation.name,
        lastSeq: conversation.messages.length,
        readSeq,
        messages: missed.slice(0, this.syncLimit),
        more: missed.length > this.syncLimit,
      });
    }
    return listed;
  }
}

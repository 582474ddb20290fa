import type { Message } from '@mpim/protocol';
import type { MessageRow } from './schema.ts';

/** A message to be stored: everything but what the commit decides. */
export interface Draft {
  readonly conversationId: string;
  readonly sender: string;
  readonly clientMsgId: string;
  readonly text: string;
}

/** A message as it was committed. */
export interface StoredMessage extends Draft {
  readonly seq: number;
  /** Unix milliseconds. */
  readonly serverTime: number;
}

/** A stored message as clients and services exchange it. */
export function toMessage(stored: StoredMessage): Message {
  const { text, ...rest } = stored;
  return { ...rest, content: { text } };
}

/** The row of a stored message. */
export function toRow(stored: StoredMessage): MessageRow {
  return {
    conversation_id: stored.conversationId,
    seq: stored.seq,
    sender: stored.sender,
    client_msg_id: stored.clientMsgId,
    server_time: stored.serverTime,
    body: stored.text,
  };
}

/** The stored message of a row. */
export function fromRow(row: MessageRow): StoredMessage {
  return {
    conversationId: row.conversation_id,
    seq: Number(row.seq),
    sender: row.sender,
    clientMsgId: row.client_msg_id,
    serverTime: Number(row.server_time),
    text: row.body,
  };
}

/** Whether a draft is a repetition of what is stored under its `(sender, clientMsgId)`. */
export function isRepetition(draft: Draft, stored: StoredMessage): boolean {
  return draft.conversationId === stored.conversationId && draft.text === stored.text;
}

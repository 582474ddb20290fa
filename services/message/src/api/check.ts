import { parseConversationId, type SendMessageRequest, USER_PATTERN } from '@mpim/protocol';
import { invalidArgument } from '@mpim/service-kit';
import type { Draft } from '../store/stored-message.ts';

const CLIENT_MSG_ID = /^[\x20-\x7e]{1,64}$/;

/**
 * Reads a send request into what would be stored. INVALID_ARGUMENT names the field that is wrong.
 *
 * @param maxTextBytes bytes of UTF-8 a text may have
 */
export function checkDraft(request: SendMessageRequest, maxTextBytes: number): Draft {
  const { sender, conversationId, clientMsgId, content } = request;
  checkUser(sender);
  checkConversationId(conversationId);
  if (!CLIENT_MSG_ID.test(clientMsgId)) {
    const remedy = 'use 1 to 64 printable ASCII characters';
    throw invalidArgument('clientMsgId', 'is malformed', remedy);
  }
  const text = content?.text ?? '';
  checkText(text, maxTextBytes);
  return { sender, conversationId, clientMsgId, text };
}

function checkText(text: string, maxBytes: number): void {
  if (text === '') throw invalidArgument('text', 'is empty', 'write something');
  if (!text.isWellFormed()) {
    throw invalidArgument('text', 'is not well-formed Unicode', 'send whole characters');
  }
  // PostgreSQL's text type cannot hold it.
  if (text.includes('\0')) throw invalidArgument('text', 'holds a NUL', 'leave it out');
  const bytes = Buffer.byteLength(text);
  if (bytes > maxBytes) {
    throw invalidArgument('text', `has ${bytes} bytes`, `send at most ${maxBytes}`);
  }
}

/** INVALID_ARGUMENT unless it can be a user's id. */
export function checkUser(user: string): void {
  if (USER_PATTERN.test(user)) return;
  throw invalidArgument('user', 'is not a user id', 'use 1 to 32 of a-z 0-9 _ . -');
}

/** INVALID_ARGUMENT unless it is a conversation's id in its canonical form. */
export function checkConversationId(id: string): void {
  if (parseConversationId(id) !== undefined) return;
  const remedy = 'use dm:<a>:<b> with the two users sorted, or group:<id>';
  throw invalidArgument('conversationId', 'is not in its canonical form', remedy);
}

/** INVALID_ARGUMENT unless it is a whole number from 0 up. */
export function checkSeq(field: string, seq: number): void {
  if (Number.isSafeInteger(seq) && seq >= 0) return;
  throw invalidArgument(field, 'is not a seq', 'use a whole number from 0 up');
}

import type { GetHistoryRequest, GetHistoryResponse } from '@mpim/protocol';
import type { Access } from '../access/access.ts';
import type { Caller } from '../access/directories.ts';
import { checkConversationId, checkSeq, checkUser } from '../api/check.ts';
import type { MessageStore } from '../store/message-store.ts';
import { toMessage } from '../store/stored-message.ts';
import { fittingPrefix, type PageLimits, pageSize } from './page-limits.ts';

/**
 * One page of one conversation, ascending: from `afterSeq` onwards, or the newest before `beforeSeq`. A page of long
 * texts may hold fewer messages than asked for; it ends the conversation only where `lastSeq` or seq 1 says so.
 */
export async function history(
  store: MessageStore,
  access: Access,
  limits: PageLimits,
  request: GetHistoryRequest,
  caller?: Caller,
): Promise<GetHistoryResponse> {
  const { user, conversationId, afterSeq, beforeSeq } = request;
  checkUser(user);
  checkConversationId(conversationId);
  checkSeq('afterSeq', afterSeq);
  checkSeq('beforeSeq', beforeSeq);
  const limit = pageSize(limits, request.limit);
  await access.toRead(user, conversationId, caller);
  // The head is read first, so it may be older than the page but never promises a message that is missing.
  const lastSeq = await store.lastSeq(conversationId);
  if (afterSeq > 0) {
    const found = await store.after(conversationId, afterSeq, limit);
    const { messages } = fittingPrefix(found, limits.maxBytes, true);
    return { messages: messages.map(toMessage), lastSeq: lastOf(lastSeq, messages) };
  }
  const end = beforeSeq === 0 ? Number.MAX_SAFE_INTEGER : beforeSeq;
  const found = await store.before(conversationId, end, limit);
  const { messages } = fittingPrefix(found.reverse(), limits.maxBytes, true);
  const page = messages.reverse();
  return { messages: page.map(toMessage), lastSeq: lastOf(lastSeq, page) };
}

function lastOf(lastSeq: number, messages: readonly { seq: number }[]): number {
  return Math.max(lastSeq, messages.at(-1)?.seq ?? 0);
}

import { type Conversation, groupConversationId, type SyncRequest } from '@mpim/protocol';
import type { Caller, GroupDirectory, GroupMembership } from '../access/directories.ts';
import { checkSeq, checkUser } from '../api/check.ts';
import type { Head, MessageStore } from '../store/message-store.ts';
import { toMessage } from '../store/stored-message.ts';
import { fittingPrefix, type PageLimits, pageSize } from './page-limits.ts';

/** One conversation of the user before its messages are read. */
interface Entry {
  readonly conversationId: string;
  readonly name: string;
  readonly lastSeq: number;
  readonly lastTime: number;
  readonly readSeq: number;
  /** The device needs what is behind it. */
  readonly base: number;
}

/**
 * What a device missed: every conversation of the user, the latest active first, with messages where the device is
 * behind its cursor (or, in a conversation it does not know yet, behind what was read). Conversations that no longer
 * fit the answer's size come with `more` and without messages.
 *
 * Fails when the group service cannot be asked: a list without the groups would look like a list of everything.
 */
export async function sync(
  store: MessageStore,
  groups: GroupDirectory,
  limits: PageLimits,
  request: SyncRequest,
  caller?: Caller,
): Promise<Conversation[]> {
  checkUser(request.user);
  const entries = await listEntries(store, groups, request, caller);
  const perConversation = pageSize(limits, request.limit);
  let budget = limits.maxBytes;
  const conversations: Conversation[] = [];
  for (const entry of entries) {
    const { conversationId, name, lastSeq, readSeq, base } = entry;
    const behind = lastSeq - base;
    const found =
      behind > 0 && budget > 0 ? await store.after(conversationId, base, perConversation) : [];
    const { messages, bytes } = fittingPrefix(found, budget, conversations.length === 0);
    budget = messages.length < found.length ? 0 : budget - bytes;
    conversations.push({
      conversationId,
      name,
      lastSeq: Math.max(lastSeq, messages.at(-1)?.seq ?? 0),
      readSeq,
      messages: messages.map(toMessage),
      more: messages.length < behind,
    });
  }
  return conversations;
}

async function listEntries(
  store: MessageStore,
  groups: GroupDirectory,
  { user, cursors }: SyncRequest,
  caller: Caller | undefined,
): Promise<Entry[]> {
  const known = readCursors(cursors);
  const memberships = new Map<string, GroupMembership>();
  for (const membership of await groups.memberships(user, caller)) {
    memberships.set(groupConversationId(membership.groupId), membership);
  }
  const heads = new Map<string, Head>();
  for (const head of await store.heads([...memberships.keys()])) {
    heads.set(head.conversationId, head);
  }
  for (const head of await store.directHeads(user)) heads.set(head.conversationId, head);
  const positions = await store.readPositions(user);
  const ids = new Set([...memberships.keys(), ...heads.keys()]);
  const entries = [...ids].map((conversationId): Entry => {
    const head = heads.get(conversationId);
    const membership = memberships.get(conversationId);
    // What was said before somebody joined is history to them, not news.
    const readSeq = Math.max(positions.get(conversationId) ?? 0, membership?.joinedSeq ?? 0);
    return {
      conversationId,
      name: membership?.name ?? '',
      lastSeq: head?.lastSeq ?? 0,
      lastTime: head?.lastTime ?? 0,
      readSeq,
      base: known.get(conversationId) ?? readSeq,
    };
  });
  return entries.sort((one, other) => other.lastTime - one.lastTime);
}

/** Cursor per conversation; of two for the same one the lower, which promises less. */
function readCursors(cursors: SyncRequest['cursors']): Map<string, number> {
  const known = new Map<string, number>();
  for (const { conversationId, seq } of cursors) {
    checkSeq('cursors', seq);
    known.set(conversationId, Math.min(seq, known.get(conversationId) ?? seq));
  }
  return known;
}

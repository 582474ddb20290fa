import type { MpimClient } from '@mpim/client';
import { groupConversationId, parseConversationId } from '@mpim/protocol';

/**
 * The conversation a person means by a word: its id, the id or the unmistakable name of one of their groups,
 * or else a user.
 */
export function conversationOf(client: MpimClient, word: string): string {
  if (parseConversationId(word) !== undefined) return word;
  const known = client.conversations;
  const group = groupConversationId(word);
  if (known.some(({ conversationId }) => conversationId === group)) return group;
  const direct = client.directConversation(word);
  if (known.some(({ conversationId }) => conversationId === direct)) return direct;
  const named = known.filter(({ kind, title }) => kind === 'group' && title === word);
  return named.length === 1 && named[0] ? named[0].conversationId : direct;
}

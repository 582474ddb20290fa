/**
 * Conversation ids, as they appear in every message:
 *
 * - `dm:<a>:<b>` between two users, in code-unit order (a user may write to themselves: `dm:a:a`);
 * - `group:<groupId>` for a group.
 */
export type ConversationId =
  | { kind: 'direct'; users: readonly [string, string] }
  | { kind: 'group'; groupId: string };

/** A user's id: 1 to 32 of `a-z 0-9 _ . -`. */
export const USER_PATTERN = /^[a-z0-9_.-]{1,32}$/;
const GROUP_PATTERN = /^[a-z0-9]{1,32}$/;

/** The id of the conversation between two users, whichever of them asks. */
export function directConversationId(one: string, other: string): string {
  return one < other ? `dm:${one}:${other}` : `dm:${other}:${one}`;
}

/** The id of a group's conversation. */
export function groupConversationId(groupId: string): string {
  return `group:${groupId}`;
}

/** Reads a conversation id; `undefined` when it is not in its one canonical form. */
export function parseConversationId(id: string): ConversationId | undefined {
  const [kind, first, second, ...rest] = id.split(':');
  if (rest.length > 0 || first === undefined) return undefined;
  if (kind === 'group' && second === undefined && GROUP_PATTERN.test(first)) {
    return { kind: 'group', groupId: first };
  }
  if (kind !== 'dm' || second === undefined || first > second) return undefined;
  if (!USER_PATTERN.test(first) || !USER_PATTERN.test(second)) return undefined;
  return { kind: 'direct', users: [first, second] };
}

/** The other side of a direct conversation as `user` sees it; `undefined` when it is not theirs or is a group. */
export function directPeer(id: string, user: string): string | undefined {
  const parsed = parseConversationId(id);
  if (parsed?.kind !== 'direct') return undefined;
  const [a, b] = parsed.users;
  if (user === a) return b;
  return user === b ? a : undefined;
}

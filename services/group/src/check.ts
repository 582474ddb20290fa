import { groupConversationId, parseConversationId, USER_PATTERN } from '@mpim/protocol';
import { invalidArgument } from '@mpim/service-kit';

/** Characters (code points) a name may have. */
const NAME_LENGTH = 64;
const REQUEST_ID = /^[\x20-\x7e]{1,64}$/;
/** Control characters, and the two that break lines without being one. */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}]/u;

/** A group's name without the space around it. INVALID_ARGUMENT unless 1 to 64 characters and none of control. */
export function checkName(name: string): string {
  const trimmed = name.trim();
  const { length } = [...trimmed];
  if (length === 0) throw invalidArgument('name', 'is empty', 'give the group a name');
  if (length > NAME_LENGTH) {
    throw invalidArgument('name', `has ${length} characters`, `use at most ${NAME_LENGTH}`);
  }
  if (!trimmed.isWellFormed() || UNPRINTABLE.test(trimmed)) {
    throw invalidArgument('name', 'holds characters that cannot be shown', 'leave them out');
  }
  return trimmed;
}

/** INVALID_ARGUMENT unless it can be a user's id. */
export function checkUser(user: string): void {
  if (USER_PATTERN.test(user)) return;
  throw invalidArgument('user', 'is not a user id', 'use 1 to 32 of a-z 0-9 _ . -');
}

/** INVALID_ARGUMENT unless it can be a group's id. */
export function checkGroupId(groupId: string): void {
  if (parseConversationId(groupConversationId(groupId)) === undefined) {
    throw invalidArgument('groupId', 'is not a group id', 'use the one CreateGroup gave');
  }
}

/** INVALID_ARGUMENT unless it can make a creation safe to repeat. */
export function checkRequestId(requestId: string): void {
  if (!REQUEST_ID.test(requestId)) {
    throw invalidArgument('requestId', 'is malformed', 'use 1 to 64 printable ASCII characters');
  }
}

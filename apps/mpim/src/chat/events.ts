import type { ConnectionState, JoinedGroup } from '@mpim/client';
import type { Message } from '@mpim/protocol';

/** Where a message stands, common to everything that shows one. Times are Unix ms. */
interface Placed {
  readonly conversationId: string;
  readonly seq: number;
  readonly clientMsgId: string;
  readonly serverTime: number;
}

/** One message of a `history` event. */
export interface HistoryEntry {
  readonly seq: number;
  readonly from: string;
  readonly text: string;
  readonly clientMsgId: string;
  readonly serverTime: number;
}

/** One line of `mpim chat --json`. */
export type ChatEvent =
  | { readonly type: 'ready'; readonly user: string; readonly gateway: string }
  /** A message of this terminal, stored, at its place in the conversation's order. */
  | ({ readonly type: 'sent' } & Placed)
  /** A message of somebody else, or of this user on another device. */
  | ({ readonly type: 'message'; readonly from: string; readonly text: string } & Placed)
  | {
      readonly type: 'group';
      readonly action: 'created' | 'joined' | 'left' | 'members';
      readonly groupId: string;
      readonly name?: string;
      readonly conversationId: string;
      readonly members?: readonly string[];
    }
  | {
      readonly type: 'history';
      readonly conversationId: string;
      readonly messages: readonly HistoryEntry[];
    }
  | {
      readonly type: 'error';
      readonly code: string;
      readonly message: string;
      /** The line it answers, if it answers one. */
      readonly command?: string;
    }
  | { readonly type: 'state'; readonly state: ConnectionState['kind']; readonly reason?: string };

/** The event for one's own message. */
export function sentEvent(message: Message): ChatEvent {
  return { type: 'sent', ...placed(message) };
}

/** The event for a message that came in. */
export function messageEvent(message: Message): ChatEvent {
  return {
    type: 'message',
    ...placed(message),
    from: message.sender,
    text: message.content?.text ?? '',
  };
}

/** The event for a group that was created or joined. */
export function groupEvent(action: 'created' | 'joined', joined: JoinedGroup): ChatEvent {
  const { groupId, name } = joined.group;
  return { type: 'group', action, groupId, name, conversationId: joined.conversationId };
}

/** The event for a page of history. */
export function historyEvent(conversationId: string, messages: readonly Message[]): ChatEvent {
  return {
    type: 'history',
    conversationId,
    messages: messages.map(({ seq, sender, content, clientMsgId, serverTime }) => ({
      seq,
      from: sender,
      text: content?.text ?? '',
      clientMsgId,
      serverTime,
    })),
  };
}

/** The event for a failure, of `command` if it answers one. */
export function errorEvent(error: unknown, command?: string): ChatEvent {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'UNKNOWN';
  const message = error instanceof Error ? error.message : String(error);
  return { type: 'error', code, message, ...(command === undefined ? {} : { command }) };
}

/** The event for a change of the connection. */
export function stateEvent(state: ConnectionState): ChatEvent {
  const reason = 'error' in state ? state.error.message : undefined;
  return { type: 'state', state: state.kind, ...(reason === undefined ? {} : { reason }) };
}

function placed({ conversationId, seq, clientMsgId, serverTime }: Message): Placed {
  return { conversationId, seq, clientMsgId, serverTime };
}

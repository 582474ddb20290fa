/** @mpim/client: the MPIM SDK for Node and browsers. */

export {
  type Content,
  directConversationId,
  directPeer,
  type Group,
  groupConversationId,
  type Member,
  type Message,
  parseConversationId,
} from '@mpim/protocol';
export { MpimClient } from './client.ts';
export { Emitter } from './emitter.ts';
export { MpimError, type MpimErrorCode, type MpimErrorFacts } from './errors.ts';
export { httpAddress } from './http.ts';
export { newId } from './new-id.ts';
export type { PendingMessage } from './outbox.ts';
export type {
  CloseReason,
  ConnectionState,
  ConversationSummary,
  Credentials,
  JoinedGroup,
  MpimClientEvents,
  MpimClientOptions,
  Session,
} from './types.ts';

/** @mpim/protocol: the types that clients, gateway and services exchange, generated from `proto/`. */

export type { ConversationId } from './conversation-id.ts';
export {
  directConversationId,
  directPeer,
  groupConversationId,
  parseConversationId,
  USER_PATTERN,
} from './conversation-id.ts';
export {
  ClientEnvelope,
  CreateGroup,
  Delivery,
  Failure,
  Goodbye,
  GroupJoined,
  GroupLeft,
  Hello,
  History,
  HistoryPage,
  JoinGroup,
  LeaveGroup,
  ListMembers,
  MarkRead,
  MemberList,
  Ping,
  Pong,
  ReadMarked,
  Resync,
  Send,
  Sent,
  ServerEnvelope,
  Sync,
  Synced,
  Welcome,
} from './generated/mpim/v1/envelope.ts';
export {
  CloseSessionRequest,
  CloseSessionResponse,
  GatewayServiceRpcDefinition,
  PushRequest,
  PushResponse,
} from './generated/mpim/v1/gateway_service.ts';
export {
  CreateGroupRequest,
  CreateGroupResponse,
  GetMembersRequest,
  GetMembersResponse,
  Group,
  GroupServiceRpcDefinition,
  JoinGroupRequest,
  JoinGroupResponse,
  LeaveGroupRequest,
  LeaveGroupResponse,
  ListGroupsRequest,
  ListGroupsResponse,
  Member,
  Membership,
} from './generated/mpim/v1/group_service.ts';
export {
  GetHeadRequest,
  GetHeadResponse,
  GetHistoryRequest,
  GetHistoryResponse,
  MarkReadRequest,
  MarkReadResponse,
  MessageServiceRpcDefinition,
  SendMessageRequest,
  SendMessageResponse,
  SyncRequest,
  SyncResponse,
} from './generated/mpim/v1/message_service.ts';
export { Content, Conversation, Cursor, Message } from './generated/mpim/v1/message_types.ts';
export {
  BindRouteRequest,
  BindRouteResponse,
  PresenceServiceRpcDefinition,
  QueryRoutesRequest,
  QueryRoutesResponse,
  Route,
  UnbindRouteRequest,
  UnbindRouteResponse,
} from './generated/mpim/v1/presence_service.ts';
export {
  AuthenticateRequest,
  AuthenticateResponse,
  FindUsersRequest,
  FindUsersResponse,
  LoginRequest,
  LoginResponse,
  LogoutRequest,
  LogoutResponse,
  RegisterRequest,
  RegisterResponse,
  UserServiceRpcDefinition,
} from './generated/mpim/v1/user_service.ts';
export { BINARY_SUBPROTOCOL, JSON_SUBPROTOCOL } from './subprotocol.ts';

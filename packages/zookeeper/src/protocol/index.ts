/** ZooKeeper's wire protocol, without I/O: what a client and a server share. */
export { type Acl, CREATOR_ALL_ACL, OPEN_ACL, Permission, READ_ONLY_ACL } from './acl.ts';
export {
  CREATE_MODES,
  type CreateMode,
  createModeFlags,
  createModeFromFlags,
  isEphemeral,
  isSequential,
  isTtl,
  MAX_TTL_MS,
} from './create-mode.ts';
export {
  type DigestMd5Facts,
  digestMd5Proof,
  FIRST_USE,
  parseDirectives,
  quoted,
  SASL_HOST,
  SASL_SERVICE,
} from './digest-md5.ts';
export { ErrorCode, type ErrorName, errorName } from './error-code.ts';
export { ProtocolError, type ProtocolErrorCode } from './errors.ts';
export { AddWatchMode, EventType, KeeperState, WatcherType } from './events.ts';
export { FrameDecoder, MAX_FRAME_BYTES } from './frame-decoder.ts';
export { JuteReader } from './jute-reader.ts';
export { JuteWriter } from './jute-writer.ts';
export { OpCode, SpecialXid } from './op-code.ts';
export { baseName, joinPath, parentPath, pathProblem, validatePath } from './paths.ts';
export {
  type GetAclRequest,
  type GetAclResponse,
  readAcl,
  readGetAclRequest,
  readGetAclResponse,
  readSetAclRequest,
  type SetAclRequest,
  writeAcl,
  writeGetAclRequest,
  writeGetAclResponse,
  writeSetAclRequest,
} from './records/acl.ts';
export {
  type AuthPacket,
  type ClientInfo,
  readAuthPacket,
  readClientInfo,
  readSaslToken,
  readWhoAmIResponse,
  type SaslToken,
  type WhoAmIResponse,
  writeAuthPacket,
  writeClientInfo,
  writeSaslToken,
  writeWhoAmIResponse,
} from './records/auth.ts';
export {
  type CheckVersionRequest,
  type DeleteRequest,
  readCheckVersionRequest,
  readDeleteRequest,
  readSetDataRequest,
  readSyncRequest,
  readSyncResponse,
  type SetDataRequest,
  type SyncRequest,
  type SyncResponse,
  writeCheckVersionRequest,
  writeDeleteRequest,
  writeSetDataRequest,
  writeSyncRequest,
  writeSyncResponse,
} from './records/change.ts';
export {
  type Create2Response,
  type CreateRequest,
  type CreateResponse,
  type CreateTtlRequest,
  readCreate2Response,
  readCreateRequest,
  readCreateResponse,
  readCreateTtlRequest,
  writeCreate2Response,
  writeCreateRequest,
  writeCreateResponse,
  writeCreateTtlRequest,
} from './records/create.ts';
export {
  type ReplyHeader,
  type RequestHeader,
  readReplyHeader,
  readRequestHeader,
  writeReplyHeader,
  writeRequestHeader,
} from './records/headers.ts';
export {
  type ErrorResponse,
  MULTI_END,
  type MultiHeader,
  readErrorResponse,
  readMultiHeader,
  writeErrorResponse,
  writeMultiHeader,
} from './records/multi.ts';
export {
  type MultiRequest,
  type MultiRequestItem,
  readMultiRequest,
  writeMultiRequest,
} from './records/multi-request.ts';
export {
  type MultiResponse,
  type MultiResponseItem,
  readMultiResponse,
  writeMultiResponse,
} from './records/multi-response.ts';
export {
  type GetAllChildrenNumberRequest,
  type GetAllChildrenNumberResponse,
  type GetChildren2Response,
  type GetChildrenResponse,
  type GetDataResponse,
  type GetEphemeralsRequest,
  type GetEphemeralsResponse,
  type PathWatchRequest,
  readGetAllChildrenNumberRequest,
  readGetAllChildrenNumberResponse,
  readGetChildren2Response,
  readGetChildrenResponse,
  readGetDataResponse,
  readGetEphemeralsRequest,
  readGetEphemeralsResponse,
  readPathWatchRequest,
  writeGetAllChildrenNumberRequest,
  writeGetAllChildrenNumberResponse,
  writeGetChildren2Response,
  writeGetChildrenResponse,
  writeGetDataResponse,
  writeGetEphemeralsRequest,
  writeGetEphemeralsResponse,
  writePathWatchRequest,
} from './records/read.ts';
export {
  type ReconfigRequest,
  readReconfigRequest,
  writeReconfigRequest,
} from './records/reconfig.ts';
export {
  type ConnectRequest,
  type ConnectResponse,
  readConnectRequest,
  readConnectResponse,
  writeConnectRequest,
  writeConnectResponse,
} from './records/session.ts';
export {
  readStat,
  readStatResponse,
  type Stat,
  type StatResponse,
  writeStat,
  writeStatResponse,
} from './records/stat.ts';
export {
  type AddWatchRequest,
  type RemoveWatchesRequest,
  readAddWatchRequest,
  readRemoveWatchesRequest,
  readSetWatches2Request,
  readSetWatchesRequest,
  readWatcherEvent,
  type SetWatches2Request,
  type SetWatchesRequest,
  type WatcherEvent,
  writeAddWatchRequest,
  writeRemoveWatchesRequest,
  writeSetWatches2Request,
  writeSetWatchesRequest,
  writeWatcherEvent,
} from './records/watch.ts';

/** @mpim/zookeeper: a ZooKeeper client and recipes. The wire protocol is at `@mpim/zookeeper/protocol`. */
export type { HighWaterMark } from './client/calls/backlog.ts';
export type { CallOptions, VersionedOptions } from './client/calls/call-options.ts';
export {
  LATENCY_BOUNDS_MS,
  type OperationObserver,
  type OperationStats,
} from './client/calls/operation-meter.ts';
export type { ZooKeeperClientEvents } from './client/client-events.ts';
export type { ClientStats } from './client/client-stats.ts';
export type { Clock, ClockTimer, Random } from './client/clock.ts';
export { type RetryPolicy, retry } from './client/compound/retry.ts';
export { untilAnswered } from './client/compound/until-answered.ts';
export type { SaslCredentials, SaslSource } from './client/connection/sasl-digest-md5.ts';
export type { TlsCredentials } from './client/connection/tls-context.ts';
export {
  TlsFiles,
  type TlsFilesEvents,
  type TlsFilesOptions,
  type TlsMessage,
  type TlsPaths,
} from './client/connection/tls-files.ts';
export type { TlsOptions } from './client/connection/tls-transport.ts';
export type {
  Transport,
  TransportHandlers,
  TransportSocket,
} from './client/connection/transport.ts';
export type { OperationMessage, StateMessage } from './client/diagnostics.ts';
export {
  type MultiErrorResult,
  ZooKeeperError,
  type ZooKeeperErrorCode,
  type ZooKeeperErrorFacts,
} from './client/errors.ts';
export {
  type ConnectString,
  type HostPort,
  parseConnectString,
} from './client/hosts/connect-string.ts';
export type { CreateSettings } from './client/operations/create-request.ts';
export { digestId } from './client/operations/digest-id.ts';
export type { EnsembleConfig, Reconfiguration } from './client/operations/ensemble-config.ts';
export type {
  MultiOperation,
  MultiResult,
  MultiResults,
} from './client/operations/multi.ts';
export type {
  MultiReadOperation,
  MultiReadResult,
  MultiReadResults,
} from './client/operations/multi-read.ts';
export type { NodeChildren, NodeData } from './client/operations/node-data.ts';
export { baseName, joinPath, parentPath } from './client/operations/node-path.ts';
export type { ZooKeeperClientOptions } from './client/options.ts';
export type { CloseOptions } from './client/session/farewell.ts';
export type { SessionCredentials } from './client/session/grant.ts';
export type { Identity } from './client/session/identities.ts';
export type { SessionState } from './client/session/session-state.ts';
export type { PersistentWatch, PersistentWatchEvent } from './client/watches/persistent-watch.ts';
export type { Watch, WatchEvent } from './client/watches/watch.ts';
export { ZooKeeperClient } from './client/zookeeper-client.ts';
export {
  type Acl,
  type ClientInfo,
  CREATOR_ALL_ACL,
  type CreateMode,
  OPEN_ACL,
  Permission,
  READ_ONLY_ACL,
  type Stat,
} from './protocol/index.ts';
export { DistributedLock, type DistributedLockOptions } from './recipes/distributed-lock.ts';

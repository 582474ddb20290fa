/** @mpim/zookeeper: a ZooKeeper client and recipes. The wire protocol is at `@mpim/zookeeper/protocol`. */
export type { HighWaterMark } from './client/backlog.ts';
export type { ZooKeeperClientEvents } from './client/client-events.ts';
export type { ClientStats } from './client/client-stats.ts';
export type { Clock, ClockTimer, Random } from './client/clock.ts';
export { type ConnectString, type HostPort, parseConnectString } from './client/connect-string.ts';
export type { CreateSettings } from './client/create-request.ts';
export type { OperationMessage, StateMessage } from './client/diagnostics.ts';
export type { EnsembleConfig, Reconfiguration } from './client/ensemble-config.ts';
export { ZooKeeperError, type ZooKeeperErrorCode } from './client/errors.ts';
export type { Identity } from './client/identities.ts';
export type {
  MultiErrorResult,
  MultiOperation,
  MultiResult,
  MultiResults,
} from './client/multi.ts';
export type {
  MultiReadOperation,
  MultiReadResult,
  MultiReadResults,
} from './client/multi-read.ts';
export type { NodeChildren, NodeData } from './client/node-data.ts';
export {
  LATENCY_BOUNDS_MS,
  type OperationObserver,
  type OperationStats,
} from './client/operation-meter.ts';
export type { CallOptions, VersionedOptions, ZooKeeperClientOptions } from './client/options.ts';
export type { PersistentWatch, PersistentWatchEvent } from './client/persistent-watch.ts';
export { type RetryPolicy, retry } from './client/retry.ts';
export type { SaslCredentials } from './client/sasl-digest-md5.ts';
export type { SessionCredentials } from './client/session.ts';
export type { SessionState } from './client/session-state.ts';
export type { TlsOptions } from './client/tls-transport.ts';
export type { Transport, TransportHandlers, TransportSocket } from './client/transport.ts';
export { untilAnswered } from './client/until-answered.ts';
export type { Watch, WatchEvent } from './client/watch.ts';
export { ZooKeeperClient } from './client/zookeeper-client.ts';
export {
  type Acl,
  baseName,
  type ClientInfo,
  CREATOR_ALL_ACL,
  type CreateMode,
  joinPath,
  OPEN_ACL,
  Permission,
  parentPath,
  READ_ONLY_ACL,
  type Stat,
} from './protocol/index.ts';
export { DistributedLock, type DistributedLockOptions } from './recipes/distributed-lock.ts';

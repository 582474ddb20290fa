/** A ZooKeeper server to embed: wire-compatible, without a JVM. */
export type { AdminServer } from './admin/admin-server.ts';
export { type Clock, type ClockTimer, systemClock } from './clock.ts';
export { parseJaas } from './config/jaas.ts';
export { parseZooCfg, type ZooCfg } from './config/zoo-cfg.ts';
export {
  ZooKeeperServerError,
  type ZooKeeperServerErrorCode,
  type ZooKeeperServerErrorFacts,
} from './errors.ts';
export type { Listener, ListenOptions } from './listener.ts';
export { type Logger, silentLogger } from './logger.ts';
export type { AccessOptions } from './options/access.ts';
export type { LimitOptions } from './options/limits.ts';
export type { AdminOptions, NetworkOptions, SecureOptions } from './options/network.ts';
export type { ReaperOptions } from './options/reaper.ts';
export type { ZooKeeperServerOptions } from './options.ts';
export type { Disk, DiskFile, DiskReader, FolderLock, WriteDone } from './persistence/disk.ts';
export { type Random, systemRandom } from './random.ts';
export { ZooKeeperServer } from './server.ts';
export type { StoreType, TlsStore, TlsStores } from './tls/tls-stores.ts';
export type {
  ClientAuth,
  ListenAt,
  ListenerTls,
  ServerSocket,
  Transport,
  TransportDoor,
} from './transport.ts';

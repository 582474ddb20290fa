/** A ZooKeeper server to embed: wire-compatible, without a JVM. */
export { type AdminOptions, AdminServer } from './admin/admin-server.ts';
export { type Clock, type ClockTimer, systemClock } from './clock.ts';
export { parseZooCfg, type ZooCfg } from './config/zoo-cfg.ts';
export { ZooKeeperServerError, type ZooKeeperServerErrorCode } from './errors.ts';
export { Listener, type ListenOptions } from './listener.ts';
export { type Logger, silentLogger } from './logger.ts';
export type { ZooKeeperServerOptions } from './options.ts';
export type { Disk, DiskFile, DiskReader, FolderLock, WriteDone } from './persistence/disk.ts';
export { type Random, systemRandom } from './random.ts';
export { ZooKeeperServer } from './server.ts';
export type { ListenerTls, ServerSocket, Transport, TransportDoor } from './transport.ts';

/** @mpim/service-kit: what every MPIM process shares. */

// The libraries that appear in this package's own types, so that services use the same ones.
export type { Logger } from 'pino';
export { Counter, Gauge, Histogram, Registry } from 'prom-client';
export { prepareDataFolder } from './database/data-folder.ts';
export type { Migration } from './database/migrations.ts';
export { migrate } from './database/migrations.ts';
export { NodeSqliteDialect } from './database/node-sqlite-dialect.ts';
export type { DatabaseOptions } from './database/open-database.ts';
export { openDatabase } from './database/open-database.ts';
export type { ServiceKitErrorCode } from './error.ts';
export { ServiceKitError } from './error.ts';
export { runService } from './lifecycle/run-service.ts';
export type {
  ReadyMessage,
  RunningService,
  ServiceContext,
  ServiceParts,
  ServiceSpec,
} from './lifecycle/service-spec.ts';
export { defineService } from './lifecycle/service-spec.ts';
export type { StartOptions } from './lifecycle/start-service.ts';
export { startService } from './lifecycle/start-service.ts';
export type { AdminServerOptions } from './observability/admin-server.ts';
export { AdminServer } from './observability/admin-server.ts';
export type { LoggerOptions } from './observability/logging.ts';
export { createLogger } from './observability/logging.ts';
export type { MetricsOptions } from './observability/metrics.ts';
export { createMetrics } from './observability/metrics.ts';
export { REDACTED, redactSecrets } from './observability/redaction.ts';
export { invalidArgument } from './rpc/invalid-argument.ts';
export { resourceExhausted, retryAfterMs } from './rpc/retry-after.ts';
export { rpcMetrics } from './rpc/rpc-metrics.ts';
export { type RpcTlsFiles, rpcTlsTransport } from './rpc/rpc-tls.ts';
export {
  loadServiceSecrets,
  SERVICE_SECRET_FILE,
  type ServiceSecrets,
} from './rpc/service-secret.ts';
export { channelMetrics, providerMetrics } from './rpc/traffic-metrics.ts';
export { channelRules, providerRules, type TrafficSettings } from './rpc/traffic-rules.ts';
export type { CommonSettings, SettingsSchema } from './settings/common-settings.ts';
export { commonSettings, LOG_LEVELS } from './settings/common-settings.ts';
export type { SettingsSources } from './settings/load-settings.ts';
export { checkSettings, loadSettings } from './settings/load-settings.ts';
export type { SettingHelp } from './settings/settings-help.ts';
export { formatSettingsHelp, settingsHelp } from './settings/settings-help.ts';
export { loadZooKeeperAuth, type ZooKeeperAuth } from './zookeeper/zookeeper-auth.ts';
export { type ZooKeeperTlsFiles, zookeeperTls } from './zookeeper/zookeeper-tls.ts';

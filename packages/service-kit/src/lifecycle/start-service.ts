import { join } from 'node:path';
import { type InstanceRecord, ServiceDiscovery } from '@mpim/governance';
import {
  HealthDefinition,
  HealthService,
  openTelemetryIfPresent,
  ReflectionDefinition,
  RpcChannel,
  RpcProvider,
  reflectionHandlers,
  type ServingStatus,
} from '@mpim/mprpc';
import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import type { z } from 'zod';
import { prepareDataFolder } from '../database/data-folder.ts';
import type { Migration } from '../database/migrations.ts';
import { openDatabase } from '../database/open-database.ts';
import { ServiceKitError } from '../error.ts';
import { AdminServer } from '../observability/admin-server.ts';
import { createLogger } from '../observability/logging.ts';
import { createMetrics } from '../observability/metrics.ts';
import {
  zooKeeperOperationMetrics,
  zooKeeperTrafficMetrics,
} from '../observability/zookeeper-metrics.ts';
import { mistrustIsUnavailable } from '../rpc/mistrust.ts';
import { rpcMetrics } from '../rpc/rpc-metrics.ts';
import { watchedRpcTls } from '../rpc/rpc-tls.ts';
import { loadServiceSecrets } from '../rpc/service-secret.ts';
import { channelMetrics, providerMetrics } from '../rpc/traffic-metrics.ts';
import { channelRules, providerRules } from '../rpc/traffic-rules.ts';
import type { CommonSettings, SettingsSchema } from '../settings/common-settings.ts';
import { checkSettings } from '../settings/load-settings.ts';
import { loadZooKeeperAuth } from '../zookeeper/zookeeper-auth.ts';
import { ZooKeeperLink } from '../zookeeper/zookeeper-link.ts';
import { zookeeperTls } from '../zookeeper/zookeeper-tls.ts';
import { newInstanceId } from './instance-id.ts';
import { Registrations } from './registrations.ts';
import { ServiceRun } from './service-run.ts';
import type { RunningService, ServiceParts, ServiceSpec } from './service-spec.ts';

/** What a process, as opposed to a test, adds to a start. */
export interface StartOptions {
  /** A new one unless given. */
  readonly instanceId?: string;
  /** Writes to standard output unless given. */
  readonly logger?: Logger;
  /** Adds metrics of the whole process; for the one service of a process. */
  readonly processMetrics?: boolean;
}

/**
 * Starts a service in this process. Does not wait for ZooKeeper: the service serves as soon as its own parts are
 * up, and is registered when ZooKeeper comes ({@link RunningService.registered}).
 *
 * @param settings may be partial: defaults are filled in, and the whole is checked
 * @throws what a part throws on its way up, after closing the parts that were up already
 *
 * @example
 * await using user = await startService(userService, { zookeeper: server.connectString, dataDir });
 * await user.registered;
 */
export async function startService<Schema extends SettingsSchema>(
  spec: ServiceSpec<Schema>,
  settings: z.input<Schema>,
  options: StartOptions = {},
): Promise<RunningService> {
  const checked = checkSettings(spec.settings, settings);
  const common: CommonSettings = checked;
  const instanceId = options.instanceId ?? newInstanceId(spec.name);
  const { name } = spec;
  const advertisedHost = common.advertisedHost || common.host;
  refuseWildcard(advertisedHost);
  const logger =
    options.logger ?? createLogger({ level: common.logLevel, service: name, instance: instanceId });
  const metrics = createMetrics({
    service: name,
    instance: instanceId,
    process: options.processMetrics ?? false,
  });
  const dataDir = prepareDataFolder(common.dataDir);
  const secrets = loadServiceSecrets(dataDir, common.serviceSecretFile);
  const auth = loadZooKeeperAuth(common.zookeeperAuthFile, (err) =>
    logger.warn({ err }, 'the password for ZooKeeper cannot be read: going on with the last one'),
  );
  const zookeeper = new ZooKeeperLink({
    connectString: common.zookeeper,
    sessionTimeoutMs: common.sessionTimeoutMs,
    followEnsemble: common.zookeeperFollowEnsemble,
    maxPacketBytes: common.zookeeperMaxPacketBytes,
    maxAnswerBytes: common.zookeeperMaxAnswerBytes,
    measureOperations: zooKeeperOperationMetrics(metrics),
    auth,
    tls: zookeeperTls(common),
    tlsLookMs: common.rpcTlsReloadMs,
    logger,
  });

  // Closes what is up, last first, when a later part fails; the running service takes it over.
  await using building = new AsyncDisposableStack();
  building.use(zookeeper);
  let running: ServiceRun | undefined;
  const admin = await AdminServer.start({
    host: common.host,
    port: common.adminPort,
    metrics,
    notReady: () => running?.notReady() ?? ['starting'],
    warnings: () => (zookeeper.problem === undefined ? [] : [zookeeper.problem]),
  });
  building.use(admin);
  const zk = zookeeper.client;
  zooKeeperTrafficMetrics(metrics, zk);
  const snapshotFile = join(dataDir, `${name}-addresses.json`);
  const discovery = building.use(new ServiceDiscovery(zk, { snapshotFile, logger }));
  const spans = await openTelemetryIfPresent();
  const interceptors = spans === undefined ? [] : [spans];
  const transport = await watchedRpcTls(common, building, logger);
  const encrypted = transport === undefined ? {} : { transport };
  const channel = new RpcChannel({
    resolver: discovery,
    authentication: { secret: secrets.own },
    ...encrypted,
    ...channelRules(common),
    interceptors,
    observer: rpcMetrics(metrics, 'client'),
    translateError: mistrustIsUnavailable,
  });
  channelMetrics(metrics, channel);
  building.defer(() => channel.close());
  const provider = new RpcProvider({
    host: common.host,
    port: common.port,
    authentication: { secrets: secrets.accepted },
    ...encrypted,
    ...providerRules(common),
    interceptors,
    observer: rpcMetrics(metrics, 'server'),
    onError: (err, call) => logger.error({ err, ...call }, 'a handler failed'),
  });
  building.defer(() => provider.close());
  providerMetrics(metrics, provider);
  const databases = building.use(new AsyncDisposableStack());

  const closing = new AbortController();
  let parts: ServiceParts = {};
  building.defer(async () => {
    closing.abort();
    await parts.close?.();
  });
  parts = await spec.start({
    settings: checked,
    instanceId,
    logger,
    metrics,
    zk,
    discovery,
    channel,
    provider,
    dataDir,
    async openDatabase<Tables>(file: string, migrations: readonly Migration[]) {
      const db: Kysely<Tables> = await openDatabase<Tables>({ dataDir, name: file, migrations });
      databases.defer(() => db.destroy());
      return db;
    },
    signal: closing.signal,
  });

  const health = new HealthService();
  for (const { fullName } of provider.definitions) health.set(fullName, () => serving(running));
  health.set('', () => serving(running));
  provider.notifyService(HealthDefinition, health.handlers, { listed: false });
  provider.notifyService(ReflectionDefinition, reflectionHandlers(provider), { listed: false });

  const { host, port } = await provider.run();
  const shared: Omit<InstanceRecord, 'service' | 'methods'> = {
    id: instanceId,
    host: advertisedHost,
    port,
    adminPort: admin.port,
    version: common.version,
    weight: common.weight,
    zone: common.zone,
    startedAt: Date.now(),
    metadata: parts.metadata ?? {},
  };
  const records = provider.services.map((service) => ({
    ...shared,
    service: service.name,
    methods: service.methods,
  }));
  const registrations = new Registrations(zk, records, logger, {
    servers: common.zookeeper,
    authFile: auth?.file,
    acl: auth?.acl,
  });
  logger.info({ host, port, adminPort: admin.port }, 'serving');
  running = new ServiceRun({
    name,
    instanceId,
    host,
    port,
    adminPort: admin.port,
    parts,
    provider,
    registrations,
    zookeeper,
    logger,
    drainTimeoutMs: common.drainTimeoutMs,
    resources: building.move(),
  });
  return running;
}

/** As `/readyz` says it. */
function serving(running: ServiceRun | undefined): ServingStatus {
  return running?.notReady().length === 0 ? 'SERVING' : 'NOT_SERVING';
}

/** Everybody would call themselves. */
function refuseWildcard(host: string): void {
  if (host !== '0.0.0.0' && host !== '::') return;
  throw new ServiceKitError(
    'INVALID_SETTING',
    `Setting host: "${host}" listens on every address and cannot be called by others; name the one they reach with --advertised-host.`,
  );
}

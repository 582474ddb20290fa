import { environment as environmentFigures } from '../figures/environment.ts';
import { folderBytes, newestSnapshot, versionFolder } from '../figures/folder-figures.ts';
import { allFigures, mainFigures, round } from '../figures/server-figures.ts';
import { VERSION_LINE } from '../figures/version.ts';
import type { ServerSettings } from '../options.ts';
import type { ServerCore } from '../server-core.ts';
import { DIGEST_VERSION } from '../tree/tree-digest.ts';
import type { AdminCommand } from './admin-command.ts';
import { briefConnections } from './connection-commands.ts';

const SERVER_ID = 0;
const MS_PER_SECOND = 1000;

export const configuration: AdminCommand = ({ settings }) => ({
  client_port: settings.port,
  ...(settings.secure?.port === undefined ? {} : { secure_client_port: settings.secure.port }),
  data_dir: versionFolder(settings.dataDir),
  data_log_dir: versionFolder(logDir(settings)),
  tick_time: settings.tickTimeMs,
  max_client_cnxns: settings.maxClientConnections,
  min_session_timeout: settings.minSessionTimeoutMs,
  max_session_timeout: settings.maxSessionTimeoutMs,
  server_id: SERVER_ID,
  client_port_listen_backlog: settings.listenBacklog,
});

export const initialConfiguration: AdminCommand = ({ settings }) => ({
  initial_configuration: settings.initialConfiguration,
});

export const dirs: AdminCommand = ({ settings }) => ({
  datadir_size: folderBytes(versionFolder(settings.dataDir)),
  logdir_size: folderBytes(versionFolder(logDir(settings))),
});

export const environment: AdminCommand = () => Object.fromEntries(environmentFigures());

/** The nearest to Java's system properties: what the process is, and the settings that are no secrets. */
export const systemProperties: AdminCommand = ({ settings }) => ({
  'node.version': process.version,
  'process.pid': String(process.pid),
  'process.title': process.title,
  'user.dir': process.cwd(),
  'zookeeper.enforceQuota': String(settings.enforceQuota),
  'zookeeper.extendedTypesEnabled': String(settings.extendedTypes),
  'zookeeper.forceSync': settings.forceSync ? 'yes' : 'no',
  'zookeeper.fsync.inline': settings.inlineWrites ? 'yes' : 'no',
  'zookeeper.globalOutstandingLimit': String(settings.maxOutstandingRequests),
  'zookeeper.jute.maxbuffer': String(settings.maxFrameBytes),
  'zookeeper.maxCnxns': String(settings.maxConnections),
  'zookeeper.request_throttle_max_requests': String(settings.requestThrottleLimit),
  'zookeeper.skipACL': settings.skipAcl ? 'yes' : 'no',
  'zookeeper.snapCount': String(settings.snapCount),
});

export const getTraceMask: AdminCommand = ({ traceMask }) => ({ tracemask: traceMask });

export const setTraceMask: AdminCommand = (core, parameters) => {
  const mask = parameters.get('traceMask');
  const error = 'setTraceMask requires long traceMask argument';
  if (mask === null) return { error };
  if (!/^-?\d{1,19}$/.test(mask)) return { error: `${error}, got ${mask}` };
  core.traceMask = BigInt.asIntN(64, BigInt(mask));
  return { tracemask: core.traceMask };
};

export const hash: AdminCommand = ({ tree }) => ({
  digests: tree.digestLog.map(({ zxid, digest }) => ({
    zxid,
    digest,
    digest_version: DIGEST_VERSION,
  })),
});

/** The newest snapshot and when it was finished, in seconds since 1970. */
export const lastSnapshot: AdminCommand = ({ settings }) => {
  const newest = newestSnapshot(versionFolder(settings.dataDir));
  return {
    zxid: newest === null ? 'ffffffffffffffff' : newest.zxid.toString(16),
    timestamp: newest === null ? -1 : Math.floor(newest.time / MS_PER_SECOND),
  };
};

export const monitor: AdminCommand = (core) =>
  Object.fromEntries(allFigures(core).map(({ name, value }) => [name, value]));

export const serverStats: AdminCommand = (core) => ({
  version: VERSION_LINE,
  read_only: false,
  server_stats: statsOf(core),
  client_response: responseStats(core),
  node_count: core.tree.nodeCount,
});

export const stats: AdminCommand = (core, parameters) => ({
  ...serverStats(core, parameters),
  ...briefConnections(core),
});

export const statReset: AdminCommand = (core) => {
  core.stats.reset();
  core.metrics.responseSize.reset();
  return {};
};

function statsOf(core: ServerCore) {
  const { stats: traffic, settings, directory, metrics } = core;
  const figures = new Map(mainFigures(core).map(({ name, value }) => [name, value]));
  return {
    packets_sent: traffic.sent,
    packets_received: traffic.received,
    fsync_threshold_exceed_count: directory?.stats.slowWrites ?? 0,
    client_response_stats: responseStats(core),
    provider_null: false,
    data_dir_size: folderBytes(versionFolder(settings.dataDir)),
    log_dir_size: folderBytes(versionFolder(logDir(settings))),
    server_state: 'standalone',
    last_processed_zxid: core.tree.lastZxid,
    outstanding_requests: core.outstanding,
    avg_latency: round(traffic.averageLatencyMs),
    max_latency: Math.ceil(traffic.maxLatencyMs),
    min_latency: Math.floor(traffic.minLatencyMs),
    num_alive_client_connections: core.connections.size,
    uptime: Math.floor(core.now() - core.startedAt),
    auth_failed_count: metrics.authFailures,
    non_mtlsremote_conn_count: figures.get('non_mtls_remote_conn_count') ?? 0,
    non_mtlslocal_conn_count: figures.get('non_mtls_local_conn_count') ?? 0,
  };
}

function responseStats({ metrics: { responseSize } }: ServerCore) {
  return {
    last_buffer_size: responseSize.last,
    min_buffer_size: responseSize.min,
    max_buffer_size: responseSize.max,
  };
}

function logDir({ dataDir, dataLogDir }: ServerSettings): string | null {
  return dataLogDir ?? dataDir;
}

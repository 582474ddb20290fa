import type { Histogram } from '../metrics/histogram.ts';
import type { Summary } from '../metrics/summary.ts';
import type { ServerCore } from '../server-core.ts';
import { maxFileCount, openFileCount } from './process-figures.ts';
import { VERSION_LINE } from './version.ts';

/** One number, or text, that the server tells of itself, by ZooKeeper's name. */
export interface Figure {
  readonly name: string;
  readonly value: number | string;
  /** `counter`: only ever grows; `double`: a gauge that ZooKeeper prints with decimals. */
  readonly kind: 'text' | 'gauge' | 'double' | 'counter';
}

/** What `mntr` begins with, in ZooKeeper's order. */
export function mainFigures(core: ServerCore): Figure[] {
  const { stats, tree, watches, metrics, connections } = core;
  const { responseSize } = metrics;
  const plain = [...connections].filter((connection) => !connection.isCertified);
  const local = plain.filter(({ address }) => address.startsWith('127.') || address === '::1');
  return [
    text('version', VERSION_LINE),
    text('server_state', 'standalone'),
    gauge('ephemerals_count', tree.index.ephemeralCount),
    gauge('num_alive_connections', connections.size),
    double('avg_latency', round(stats.averageLatencyMs)),
    gauge('outstanding_requests', core.outstanding),
    gauge('znode_count', tree.nodeCount),
    gauge('global_sessions', core.sessions.size),
    gauge('non_mtls_remote_conn_count', plain.length - local.length),
    gauge('last_client_response_size', responseSize.last),
    counter('packets_sent', stats.sent),
    counter('packets_received', stats.received),
    gauge('max_client_response_size', responseSize.max),
    double('connection_drop_probability', 0),
    gauge('watch_count', watches.data.count() + watches.children.count()),
    counter('auth_failed_count', metrics.authFailures),
    gauge('min_latency', Math.floor(stats.minLatencyMs)),
    gauge('max_file_descriptor_count', maxFileCount()),
    gauge('approximate_data_size', tree.approximateDataBytes),
    gauge('open_file_descriptor_count', openFileCount()),
    gauge('local_sessions', 0),
    gauge('uptime', Math.floor(core.now() - core.startedAt)),
    gauge('max_latency', Math.ceil(stats.maxLatencyMs)),
    gauge('outstanding_tls_handshake', core.settings.handshakes.count),
    gauge('min_client_response_size', responseSize.min),
    gauge('non_mtls_local_conn_count', local.length),
  ];
}

/** What it goes on with: what has been counted since the start, and what has come of it. */
export function counters({ metrics, directory, settings, budget }: ServerCore): Figure[] {
  const inline = directory?.inlineWrites;
  return [
    counter('bytes_received_count', metrics.bytesReceived),
    counter('response_bytes', metrics.bytesSent),
    counter('connection_request_count', metrics.connectionsAccepted),
    counter('connection_rejected', metrics.connectionsRejected),
    counter('sessionless_connections_expired', metrics.sessionlessConnectionsExpired),
    counter('stale_sessions_expired', metrics.sessionsExpired),
    counter('request_throttle_wait_count', metrics.throttleWaits),
    counter('throttled_ops', metrics.throttledOps),
    counter('stale_requests_dropped', metrics.staleRequestsDropped),
    counter('large_requests_rejected', metrics.largeRequestsRejected),
    counter('unsuccessful_handshake', settings.handshakes.failed),
    counter('snap_count', directory?.stats.snapshotTime.count ?? 0),
    counter('fsync_threshold_exceed_count', directory?.stats.slowWrites ?? 0),
    counter('fsync_inline_count', inline?.count ?? 0),
    counter('fsync_inline_stall_count', inline?.stalls ?? 0),
    gauge('fsync_inline_paused', inline?.isPaused ? 1 : 0),
    counter('reads_suspended', metrics.readsSuspended),
    counter('slow_clients_cut_off', metrics.slowClientsCutOff),
    gauge('unread_bytes', budget.unreadBytes),
    counter('bad_frames', metrics.badFrames),
    counter('quota_warnings', metrics.quotaWarnings),
    gauge('disk_full', directory?.isFull === true ? 1 : 0),
  ];
}

/** Observations of which number, sum and extremes are told. */
export function summaries({ directory, watches }: ServerCore): [name: string, Summary][] {
  const { fired } = watches;
  const ofTree: [string, Summary][] = [
    ['node_created_watch_count', fired.created],
    ['node_deleted_watch_count', fired.deleted],
    ['node_changed_watch_count', fired.dataChanged],
    ['node_children_watch_count', fired.childrenChanged],
  ];
  if (directory === null) return ofTree;
  const { batchSize, snapshotTime, openTime, replayed } = directory.stats;
  return [
    ['snapshottime', snapshotTime],
    ['sync_processor_batch_size', batchSize],
    ['dbinittime', openTime],
    ['startup_txns_loaded', replayed],
    ...ofTree,
  ];
}

/** Times in ms of which percentiles are told too. */
export function histograms({ metrics, directory }: ServerCore): [name: string, Histogram][] {
  const ofRequests: [string, Histogram][] = [
    ['readlatency', metrics.readLatency],
    ['updatelatency', metrics.updateLatency],
  ];
  return directory === null
    ? ofRequests
    : [['fsynctime', directory.stats.fsyncTime], ...ofRequests];
}

const QUANTILES = [
  ['p50', 0.5],
  ['p95', 0.95],
  ['p99', 0.99],
  ['p999', 0.999],
] as const;

/** Everything as single figures, as `mntr` lists them. */
export function allFigures(core: ServerCore): Figure[] {
  const times = histograms(core);
  return [
    ...mainFigures(core),
    ...counters(core),
    ...[...summaries(core), ...times].flatMap(([name, summary]) => spread(name, summary)),
    ...times.flatMap(([name, histogram]) =>
      QUANTILES.map(([label, q]) => double(`${label}_${name}`, round(histogram.quantile(q)))),
    ),
  ];
}

function spread(name: string, { average, min, max, count, sum }: Summary): Figure[] {
  return [
    double(`avg_${name}`, round(average)),
    double(`min_${name}`, round(min)),
    double(`max_${name}`, round(max)),
    counter(`cnt_${name}`, count),
    double(`sum_${name}`, round(sum)),
  ];
}

/** To four decimals, as ZooKeeper prints. */
export function round(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}

function text(name: string, value: string): Figure {
  return { name, value, kind: 'text' };
}

function gauge(name: string, value: number): Figure {
  return { name, value, kind: 'gauge' };
}

function double(name: string, value: number): Figure {
  return { name, value, kind: 'double' };
}

function counter(name: string, value: number): Figure {
  return { name, value, kind: 'counter' };
}

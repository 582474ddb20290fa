import type { Connection } from '../connection/connection.ts';
import { hex, type ServerCore } from '../server-core.ts';
import type { TrafficStats } from '../traffic-stats.ts';
import { VERSION_LINE } from './report-context.ts';

/** How the server is: `ruok`, without a newline. */
export function ruok(): string {
  return 'imok';
}

/** Whether it takes writes: `isro`, without a newline. */
export function isro(): string {
  return 'rw';
}

/** Counters and mode: `srvr`. */
export function srvr(core: ServerCore): string {
  return `Zookeeper version: ${VERSION_LINE}\n${summary(core)}`;
}

/** As `srvr`, with the clients: `stat`. */
export function stat(core: ServerCore): string {
  const clients = [...core.connections].map((connection) => ` ${brief(connection)}\n`);
  return `Zookeeper version: ${VERSION_LINE}\nClients:\n${clients.join('')}\n${summary(core)}`;
}

/** Resets the counters: `srst`. */
export function srst(core: ServerCore): string {
  core.stats.reset();
  return 'Server stats reset.\n';
}

/** Figures for a monitoring system: `mntr`. */
export function mntr(core: ServerCore): string {
  return figures(core)
    .map(([key, value]) => `zk_${key}\t${value}\n`)
    .join('');
}

/** What `mntr` tells, by ZooKeeper's names. */
export function figures(core: ServerCore): readonly (readonly [string, string | number])[] {
  const { stats, tree, watches } = core;
  return [
    ['version', VERSION_LINE],
    ['server_state', 'standalone'],
    ['ephemerals_count', tree.index.ephemeralCount],
    ['num_alive_connections', core.connections.size],
    ['avg_latency', Number(round(stats.averageLatencyMs))],
    ['outstanding_requests', 0],
    ['znode_count', tree.nodeCount],
    ['global_sessions', core.sessions.size],
    ['local_sessions', 0],
    ['watch_count', watches.data.count() + watches.children.count()],
    ['packets_sent', stats.sent],
    ['packets_received', stats.received],
    ['min_latency', Math.floor(stats.minLatencyMs)],
    ['max_latency', Math.ceil(stats.maxLatencyMs)],
    ['approximate_data_size', tree.approximateDataBytes],
    ['uptime', Math.floor(core.now() - core.startedAt)],
    ['auth_failed_count', core.metrics.authFailures],
  ];
}

/** One connection in a line, as `stat` lists it. */
export function brief(connection: Connection): string {
  const { received, sent } = connection.stats.traffic;
  return `/${peerOf(connection)}[1](queued=0,recved=${received},sent=${sent})`;
}

/** Address and port of a connection's peer. */
export function peerOf({ address, port }: Connection): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

function summary(core: ServerCore): string {
  return [
    `Latency min/avg/max: ${latencies(core.stats)}`,
    `Received: ${core.stats.received}`,
    `Sent: ${core.stats.sent}`,
    `Connections: ${core.connections.size}`,
    'Outstanding: 0',
    `Zxid: ${hex(core.tree.lastZxid)}`,
    'Mode: standalone',
    `Node count: ${core.tree.nodeCount}`,
    '',
  ].join('\n');
}

function latencies(stats: TrafficStats): string {
  const { minLatencyMs: min, averageLatencyMs: average, maxLatencyMs: max } = stats;
  return `${Math.floor(min)}/${round(average)}/${Math.ceil(max)}`;
}

function round(value: number): string {
  return String(Math.round(value * 10_000) / 10_000);
}

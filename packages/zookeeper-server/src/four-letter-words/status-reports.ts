import type { OpenConnection } from '../connection/open-connection.ts';
import { javaDouble } from '../figures/java-text.ts';
import { allFigures, type Figure, round } from '../figures/server-figures.ts';
import { VERSION_LINE } from '../figures/version.ts';
import { hex } from '../hex.ts';
import type { ServerCore } from '../server-core.ts';
import type { TrafficStats } from '../traffic-stats.ts';
import type { Asker } from './report-context.ts';

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
export function stat(core: ServerCore, _asker: Asker): string {
  const clients = [...core.connections].map((connection) => ` ${brief(connection)}\n`);
  return `Zookeeper version: ${VERSION_LINE}\nClients:\n${clients.join('')}\n${summary(core)}`;
}

/** Resets the counters: `srst`. */
export function srst(core: ServerCore): string {
  core.stats.reset();
  core.metrics.responseSize.reset();
  return 'Server stats reset.\n';
}

/** Figures for a monitoring system: `mntr`. */
export function mntr(core: ServerCore): string {
  return allFigures(core)
    .map((figure) => `zk_${figure.name}\t${printed(figure)}\n`)
    .join('');
}

function printed({ value, kind }: Figure): string {
  return kind === 'double' && typeof value === 'number' ? javaDouble(value) : String(value);
}

/** One connection in a line, as `stat` lists it. */
export function brief(connection: OpenConnection): string {
  const { received, sent } = connection.stats.traffic;
  const { interestOps, outstanding } = connection;
  const interest = interestOps.toString(16);
  return `/${peerOf(connection)}[${interest}](queued=${outstanding},recved=${received},sent=${sent})`;
}

/** Address and port of a connection's peer. */
export function peerOf({ address, port }: OpenConnection): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

function summary(core: ServerCore): string {
  return [
    `Latency min/avg/max: ${latencies(core.stats)}`,
    `Received: ${core.stats.received}`,
    `Sent: ${core.stats.sent}`,
    `Connections: ${core.connections.size}`,
    `Outstanding: ${core.outstanding}`,
    `Zxid: ${hex(core.tree.lastZxid)}`,
    'Mode: standalone',
    `Node count: ${core.tree.nodeCount}`,
    '',
  ].join('\n');
}

function latencies(stats: TrafficStats): string {
  const { minLatencyMs: min, averageLatencyMs: average, maxLatencyMs: max } = stats;
  return `${Math.floor(min)}/${javaDouble(round(average))}/${Math.ceil(max)}`;
}

import { lastOpName } from '../connection/last-op-name.ts';
import type { OpenConnection } from '../connection/open-connection.ts';
import { javaDate } from '../figures/java-text.ts';
import { hex } from '../hex.ts';
import type { ServerCore } from '../server-core.ts';
import { indented } from './indented.ts';
import { brief, peerOf } from './status-reports.ts';

/** Connections in full: `cons`. */
export function cons(core: ServerCore): string {
  return `${[...core.connections].map((connection) => ` ${full(connection)}\n`).join('')}\n`;
}

/** Resets the connections' counters: `crst`. */
export function crst(core: ServerCore): string {
  for (const connection of core.connections) connection.stats.reset();
  return 'Connection stats reset.\n';
}

/** Sessions by the time they end at, and their ephemeral nodes: `dump`. */
export function dump(core: ServerCore): string {
  const buckets = core.sessions.buckets();
  const holders = core.tree.index.sessions;
  const lines = [
    'SessionTracker dump:',
    `Session Sets (${buckets.length})/(${core.sessions.size}):`,
  ];
  for (const [due, sessions] of buckets) {
    lines.push(expiry(core, due, sessions.size));
    for (const { id } of sessions) lines.push(`\t${hex(id)}`);
  }
  lines.push('ephemeral nodes dump:', `Sessions with Ephemerals (${holders.size}):`);
  for (const [id, paths] of holders) {
    // As one text: a session can have more nodes than a call can have arguments.
    lines.push(`${hex(id)}:`, indented(paths));
  }
  return `${[...lines, ...connectionLines(core)].join('\n')}\n`;
}

function connectionLines(core: ServerCore): string[] {
  const buckets = new Map<number, OpenConnection[]>();
  for (const connection of core.connections) {
    const due = core.dueOf(connection);
    const bucket = buckets.get(due);
    if (bucket === undefined) buckets.set(due, [connection]);
    else bucket.push(connection);
  }
  const lines = [
    'Connections dump:',
    `Connections Sets (${buckets.size})/(${core.connections.size}):`,
  ];
  for (const [due, connections] of [...buckets].sort(([a], [b]) => a - b)) {
    lines.push(expiry(core, due, connections.length));
    for (const connection of connections) {
      const id = hex(connection.session?.id ?? 0n);
      lines.push(`\tip: /${peerOf(connection)} sessionId: ${id}`);
    }
  }
  return lines;
}

function expiry(core: ServerCore, due: number, count: number): string {
  const { clock } = core.settings;
  return `${count} expire at ${javaDate(due + clock.now() - clock.monotonic())}:`;
}

function full(connection: OpenConnection): string {
  const { stats, session } = connection;
  const line = brief(connection);
  if (session === null) return line;
  const fields = [
    `sid=${hex(session.id)}`,
    `lop=${lastOpName(stats.lastOp)}`,
    `est=${Math.floor(stats.establishedAt)}`,
    `to=${stats.sessionTimeoutMs}`,
    ...(stats.lastXid >= 0 ? [`lcxid=${hex(BigInt(stats.lastXid))}`] : []),
    `lzxid=${hex(stats.lastZxid)}`,
    `lresp=${Math.floor(stats.lastResponseAt)}`,
    `llat=${Math.floor(stats.lastLatencyMs)}`,
    `minlat=${Math.floor(stats.traffic.minLatencyMs)}`,
    `avglat=${Math.floor(stats.traffic.averageLatencyMs)}`,
    `maxlat=${Math.ceil(stats.traffic.maxLatencyMs)}`,
  ];
  return `${line.slice(0, -1)},${fields.join(',')})`;
}

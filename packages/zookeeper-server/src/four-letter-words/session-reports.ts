import { OpCode } from '@mpim/zookeeper/protocol';
import type { Connection } from '../connection/connection.ts';
import { hex, type ServerCore } from '../server-core.ts';
import { brief, peerOf } from './status-reports.ts';

const LAST_OP_NAMES: ReadonlyMap<number, string> = new Map([
  [OpCode.ping, 'PING'],
  [OpCode.createSession, 'SESS'],
  [OpCode.multi, 'MULT'],
  [OpCode.multiRead, 'MLTR'],
  [OpCode.create, 'CREA'],
  [OpCode.create2, 'CREA'],
  [OpCode.createTTL, 'CREA'],
  [OpCode.createContainer, 'CREA'],
  [OpCode.delete, 'DELE'],
  [OpCode.setData, 'SETD'],
  [OpCode.reconfig, 'RECO'],
  [OpCode.setACL, 'SETA'],
  [OpCode.closeSession, 'CLOS'],
  [OpCode.sync, 'SYNC'],
  [OpCode.exists, 'EXIS'],
  [OpCode.getData, 'GETD'],
  [OpCode.setWatches, 'SETW'],
  [OpCode.setWatches2, 'STW2'],
  [OpCode.addWatch, 'ADDW'],
  [OpCode.getACL, 'GETA'],
  [OpCode.getChildren, 'GETC'],
  [OpCode.getChildren2, 'GETC'],
  [OpCode.getAllChildrenNumber, 'GETACN'],
  [OpCode.checkWatches, 'CHKW'],
  [OpCode.removeWatches, 'REMW'],
  [OpCode.whoAmI, 'HOMI'],
  [OpCode.getEphemerals, 'GETE'],
]);

/** Connections in full: `cons`. */
export function cons(core: ServerCore): string {
  return `${[...core.connections].map((connection) => ` ${full(connection)}\n`).join('')}\n`;
}

/** Resets the connections' counters: `crst`. */
export function crst(core: ServerCore): string {
  for (const connection of core.connections) connection.stats.traffic.reset();
  return 'Connection stats reset.\n';
}

/** Sessions by the time they end at, and their ephemeral nodes: `dump`. */
export function dump(core: ServerCore): string {
  const buckets = core.sessions.buckets();
  const holders = core.tree.index.sessions;
  const clockOffset = core.settings.clock.now() - core.now();
  const lines = [
    'SessionTracker dump:',
    `Session Sets (${buckets.length})/(${core.sessions.size}):`,
  ];
  for (const [due, sessions] of buckets) {
    lines.push(`${sessions.size} expire at ${new Date(due + clockOffset).toUTCString()}:`);
    for (const { id } of sessions) lines.push(`\t${hex(id)}`);
  }
  lines.push('ephemeral nodes dump:', `Sessions with Ephemerals (${holders.size}):`);
  for (const [id, paths] of holders) {
    lines.push(`${hex(id)}:`);
    for (const path of paths) lines.push(`\t${path}`);
  }
  lines.push('Connections dump:', `Connections Sets (${core.connections.size}):`);
  for (const connection of core.connections) lines.push(`\t${peerOf(connection)}`);
  return `${lines.join('\n')}\n`;
}

function full(connection: Connection): string {
  const { stats, session } = connection;
  const line = brief(connection);
  if (session === null) return line;
  const fields = [
    `sid=${hex(session.id)}`,
    `lop=${(stats.lastOp === null ? 'SESS' : LAST_OP_NAMES.get(stats.lastOp)) ?? 'NA'}`,
    `est=${Math.floor(stats.establishedAt)}`,
    `to=${stats.sessionTimeoutMs}`,
    `lcxid=0x${(stats.lastXid >>> 0).toString(16)}`,
    `lzxid=${hex(stats.lastZxid)}`,
    `lresp=${Math.floor(stats.lastResponseAt)}`,
    `llat=${Math.floor(stats.lastLatencyMs)}`,
    `minlat=${Math.floor(stats.traffic.minLatencyMs)}`,
    `avglat=${Math.floor(stats.traffic.averageLatencyMs)}`,
    `maxlat=${Math.ceil(stats.traffic.maxLatencyMs)}`,
  ];
  return `${line.slice(0, -1)},${fields.join(',')})`;
}

import { lastOpName } from '../connection/last-op-name.ts';
import type { OpenConnection } from '../connection/open-connection.ts';
import { peerOf } from '../four-letter-words/status-reports.ts';
import type { ServerCore } from '../server-core.ts';
import type { Watcher } from '../watch/watched-event.ts';
import type { AdminCommand } from './admin-command.ts';
import type { JsonValue } from './json-text.ts';

/** Connections in full, plain and secured ones apart. */
export const connections: AdminCommand = (core) => listed(core, full);

/** The same, briefly. */
export function briefConnections(core: ServerCore): { readonly [key: string]: JsonValue } {
  return listed(core, brief);
}

export const connectionStatReset: AdminCommand = (core) => {
  for (const connection of core.connections) connection.stats.reset();
  return {};
};

/** Sessions by when they end, in the server's own time, and their ephemeral nodes. */
export const dump: AdminCommand = (core) => ({
  expiry_time_to_session_ids: Object.fromEntries(
    core.sessions.buckets().map(([due, sessions]) => [due, [...sessions].map(({ id }) => id)]),
  ),
  session_id_to_ephemeral_paths: Object.fromEntries(
    [...core.tree.index.sessions].map(([id, paths]) => [String(id), [...paths]]),
  ),
});

export const watches: AdminCommand = ({ watches: { data } }) => ({
  session_id_to_watched_paths: Object.fromEntries(
    [...data.watchers].map(([watcher, paths]) => [String(sessionOf(watcher)), [...paths]]),
  ),
});

export const watchesByPath: AdminCommand = ({ watches: { data } }) => ({
  path_to_session_ids: Object.fromEntries(
    [...data.paths].map(([path, watchers]) => [path, [...watchers.keys()].map(sessionOf)]),
  ),
});

export const watchSummary: AdminCommand = ({ watches: { data } }) => ({
  num_connections: data.watchers.size,
  num_paths: data.paths.size,
  num_total_watches: data.count(),
});

function listed(core: ServerCore, describe: (connection: OpenConnection) => JsonValue) {
  const all = [...core.connections];
  return {
    connections: all.filter(({ isSecure }) => !isSecure).map(describe),
    secure_connections: all.filter(({ isSecure }) => isSecure).map(describe),
  };
}

function brief(connection: OpenConnection) {
  const { received, sent } = connection.stats.traffic;
  return {
    remote_socket_address: peerOf(connection),
    interest_ops: connection.interestOps,
    outstanding_requests: connection.outstanding,
    packets_received: received,
    packets_sent: sent,
  };
}

function full(connection: OpenConnection) {
  const { stats, session } = connection;
  if (session === null) return brief(connection);
  return {
    ...brief(connection),
    session_id: session.id,
    last_operation: lastOpName(stats.lastOp),
    established: Math.floor(stats.establishedAt),
    session_timeout: stats.sessionTimeoutMs,
    last_cxid: stats.lastXid,
    last_zxid: stats.lastZxid,
    last_response_time: Math.floor(stats.lastResponseAt),
    last_latency: Math.floor(stats.lastLatencyMs),
    min_latency: Math.floor(stats.traffic.minLatencyMs),
    avg_latency: Math.floor(stats.traffic.averageLatencyMs),
    max_latency: Math.ceil(stats.traffic.maxLatencyMs),
  };
}

function sessionOf(watcher: Watcher): bigint {
  return watcher.session?.id ?? 0n;
}

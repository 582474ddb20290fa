import { figures } from '../four-letter-words/status-reports.ts';
import { hex, type ServerCore } from '../server-core.ts';

/** What one command of the admin port tells, without the `command` and `error` that all have. */
export type AdminCommand = (core: ServerCore) => Readonly<Record<string, unknown>>;

const ruok: AdminCommand = () => ({});
const isReadOnly: AdminCommand = () => ({ read_only: false });
const monitor: AdminCommand = (core) => Object.fromEntries(figures(core));

const serverStats: AdminCommand = (core) => {
  const known = Object.fromEntries(figures(core));
  return {
    version: known.version,
    read_only: false,
    server_stats: {
      packets_sent: known.packets_sent,
      packets_received: known.packets_received,
      min_latency: known.min_latency,
      avg_latency: known.avg_latency,
      max_latency: known.max_latency,
      num_alive_client_connections: known.num_alive_connections,
      outstanding_requests: known.outstanding_requests,
      server_state: known.server_state,
      last_processed_zxid: hex(core.tree.lastZxid),
      uptime: known.uptime,
    },
    node_count: known.znode_count,
  };
};

const configuration: AdminCommand = ({ settings }) => ({
  client_port: settings.port,
  data_dir: settings.dataDir,
  data_log_dir: settings.dataLogDir ?? settings.dataDir,
  tick_time: settings.tickTimeMs,
  max_client_cnxns: settings.maxClientConnections,
  min_session_timeout: settings.minSessionTimeoutMs,
  max_session_timeout: settings.maxSessionTimeoutMs,
});

/** Commands by name; each may have several. None of them changes anything. */
export const ADMIN_COMMANDS: ReadonlyMap<string, AdminCommand> = new Map([
  ['configuration', configuration],
  ['conf', configuration],
  ['is_read_only', isReadOnly],
  ['isro', isReadOnly],
  ['monitor', monitor],
  ['mntr', monitor],
  ['ruok', ruok],
  ['server_stats', serverStats],
  ['srvr', serverStats],
]);

/** The figures of `mntr` that are numbers, as Prometheus wants them. */
export function prometheusText(core: ServerCore): string {
  return figures(core)
    .filter(([, value]) => typeof value === 'number')
    .map(([name, value]) => `# TYPE zk_${name} gauge\nzk_${name} ${value}\n`)
    .join('');
}

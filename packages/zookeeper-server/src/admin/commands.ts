import type { AdminCommand } from './admin-command.ts';
import * as connections from './connection-commands.ts';
import * as status from './status-commands.ts';

/** The commands of ZooKeeper's AdminServer, with the names each goes by; the first is the one that is listed. */
const COMMANDS: readonly (readonly [names: readonly [string, ...string[]], AdminCommand])[] = [
  [['configuration', 'conf', 'config'], status.configuration],
  [['connection_stat_reset', 'crst'], connections.connectionStatReset],
  [['connections', 'cons'], connections.connections],
  [['dirs'], status.dirs],
  [['dump'], connections.dump],
  [['environment', 'env', 'envi'], status.environment],
  [['get_trace_mask', 'gtmk'], status.getTraceMask],
  [['hash'], status.hash],
  [['initial_configuration', 'icfg'], status.initialConfiguration],
  [['is_read_only', 'isro'], () => ({ read_only: false })],
  [['last_snapshot', 'lsnp'], status.lastSnapshot],
  // What is asked of an ensemble is answered as ZooKeeper's standalone server answers it.
  [['leader', 'lead'], () => ({ error: 'server is not initialized' })],
  [['monitor', 'mntr'], status.monitor],
  [['observer_connection_stat_reset', 'orst'], () => ({})],
  [['observers', 'obsr'], () => ({ synced_observers: 0, observers: [] })],
  [['ruok'], () => ({})],
  [['server_stats', 'srvr'], status.serverStats],
  [['set_trace_mask', 'stmk'], status.setTraceMask],
  [['stat_reset', 'srst'], status.statReset],
  [['stats', 'stat'], status.stats],
  [['system_properties', 'sysp'], status.systemProperties],
  [['voting_view'], () => ({ current_config: {} })],
  [['watch_summary', 'wchs'], connections.watchSummary],
  [['watches', 'wchc'], connections.watches],
  [['watches_by_path', 'wchp'], connections.watchesByPath],
  [['zabstate'], () => ({ voting: false, zabstate: '' })],
];

/** The names under which the commands are listed. */
export const ADMIN_COMMAND_NAMES: readonly string[] = COMMANDS.map(([[name]]) => name);

const BY_NAME = new Map(
  COMMANDS.flatMap(([names, run]) => names.map((name) => [name, { name: names[0], run }] as const)),
);

/** A command by any of its names, with the one it is listed under. */
export function adminCommand(name: string): { name: string; run: AdminCommand } | undefined {
  return BY_NAME.get(name);
}

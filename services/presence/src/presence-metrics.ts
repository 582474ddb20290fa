import { Counter, Gauge, type Registry } from '@mpim/service-kit';
import type { RouteTable } from './routes/route-table.ts';

/** What the operators of the presence service watch. */
export interface PresenceMetrics {
  /** Routes removed because their gateway is gone. */
  readonly dropped: Counter;
}

/** Where the gauges read; asked at each scrape. */
export interface PresenceGauges {
  readonly table: RouteTable;
  /** Gateways in the registry, as far as it was heard here. */
  readonly registeredGateways: () => number;
}

/** Creates the metrics of one instance in `registry`. */
export function createPresenceMetrics(
  registry: Registry,
  { table, registeredGateways }: PresenceGauges,
): PresenceMetrics {
  const registers = [registry];
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  gauge('mpim_presence_routes', 'Pairs of user and gateway known here', () => table.routes);
  gauge('mpim_presence_users', 'Users with a route here', () => table.users);
  gauge('mpim_presence_gateways', 'Gateways with a route here', () => table.gateways);
  gauge('mpim_presence_registered_gateways', 'Gateways in the registry', registeredGateways);
  return {
    dropped: new Counter({
      name: 'mpim_presence_routes_dropped_total',
      help: 'Routes removed because their gateway is gone',
      registers,
    }),
  };
}

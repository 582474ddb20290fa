import type { ClientStats, OperationObserver, ZooKeeperClient } from '@mpim/zookeeper';
import { ZooKeeperError } from '@mpim/zookeeper';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** Seconds; from a local answer to the longest session timeouts. */
const BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Below `mpim_zookeeper_client_`: name, what it says, where it is read. */
type Figure = readonly [string, string, (stats: ClientStats) => number];

const COUNTERS: readonly Figure[] = [
  ['connections_total', 'Connections that came to a session', (stats) => stats.connections],
  ['sessions_total', 'Sessions opened', (stats) => stats.sessions],
  ['sent_bytes_total', 'Bytes sent to servers', (stats) => stats.bytesSent],
  ['received_bytes_total', 'Bytes received from servers', (stats) => stats.bytesReceived],
];

const GAUGES: readonly Figure[] = [
  ['in_flight', 'Calls sent and not answered', (stats) => stats.inFlight],
  ['waiting', 'Calls waiting for a connection', (stats) => stats.waiting],
  ['unanswered_bytes', 'Bytes of the requests of both', (stats) => stats.unansweredBytes],
  ['watches', 'Watches that wait for an event', (stats) => stats.watches],
];

/** For `measureOperations`: counts and times calls as `mpim_zookeeper_client_seconds` by `operation` and `code`. */
export function zooKeeperOperationMetrics(registry: Registry): OperationObserver {
  const histogram = new Histogram({
    name: 'mpim_zookeeper_client_seconds',
    help: 'Calls to ZooKeeper, from the call to its end',
    labelNames: ['operation', 'code'],
    buckets: BUCKETS,
    registers: [registry],
  });
  return {
    record(operation, durationMs, error) {
      histogram.observe({ operation, code: codeOf(error) }, durationMs / 1000);
    },
  };
}

/**
 * What a client has done and has to do: `mpim_zookeeper_client_connected` (1 or 0), `…_in_flight`, `…_waiting`,
 * `…_unanswered_bytes`, `…_watches`, `…_connections_total`, `…_sessions_total`, `…_sent_bytes_total` and
 * `…_received_bytes_total`. Read when the metrics are asked for: calls pay nothing.
 */
export function zooKeeperTrafficMetrics(
  registry: Registry,
  client: Pick<ZooKeeperClient, 'stats' | 'state'>,
): void {
  const registers = [registry];
  for (const [name, help, read] of COUNTERS) {
    new Counter({
      name: `mpim_zookeeper_client_${name}`,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(read(client.stats));
      },
    });
  }
  for (const [name, help, read] of GAUGES) {
    new Gauge({
      name: `mpim_zookeeper_client_${name}`,
      help,
      registers,
      collect() {
        this.set(read(client.stats));
      },
    });
  }
  new Gauge({
    name: 'mpim_zookeeper_client_connected',
    help: 'Whether there is a connection to ZooKeeper',
    registers,
    collect() {
      this.set(client.state.kind === 'connected' ? 1 : 0);
    },
  });
}

function codeOf(error: unknown): string {
  if (error === undefined) return 'OK';
  return error instanceof ZooKeeperError ? error.code : 'ABORTED';
}

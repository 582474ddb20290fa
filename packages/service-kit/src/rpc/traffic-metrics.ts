import type { ChannelStats, CompressionStats, RpcChannel, RpcProvider } from '@mpim/mprpc';
import { Counter, Gauge, type Registry } from 'prom-client';

/** Counters of a channel: name below `mpim_rpc_client_`, what it counts, where it is read. */
const COUNTERS: readonly (readonly [string, string, (stats: ChannelStats) => number])[] = [
  ['retries_total', 'Repeated and hedged attempts', (stats) => stats.retries],
  [
    'retries_refused_total',
    'Repetitions the retry budget did not allow',
    (stats) => stats.retriesRefused,
  ],
  ['ejections_total', 'Instances left out because they kept failing', (stats) => stats.ejections],
  ['probes_total', 'Looks in the background at instances left out', (stats) => stats.probes],
  ['stalls_total', 'Instances left out because they went silent', (stats) => stats.stalls],
];

/**
 * What a channel is doing: `mpim_rpc_client_in_flight`, `…_queued`, `…_retries_total`, `…_retries_refused_total`,
 * `…_ejections_total`, `…_stalls_total`, `…_probes_total` and the pool, `…_addresses` by `state` (`ready`, `connecting`, `none`,
 * `ejected`, `stalled`, `unreachable`); with compression also `…_compressed_messages_total` and `…_compression_saved_bytes_total` by
 * `direction` (`sent`, `received`). Read when the metrics are asked for: calls pay nothing.
 */
export function channelMetrics(registry: Registry, channel: Pick<RpcChannel, 'stats'>): void {
  for (const [name, help, read] of COUNTERS) {
    new Counter({
      name: `mpim_rpc_client_${name}`,
      help,
      registers: [registry],
      collect() {
        this.reset();
        this.inc(read(channel.stats));
      },
    });
  }
  gauge(registry, 'mpim_rpc_client_in_flight', 'Calls made and not finished', () => {
    return channel.stats.inFlight;
  });
  gauge(registry, 'mpim_rpc_client_queued', 'Calls waiting for the concurrency limit', () => {
    return channel.stats.queued;
  });
  compressionMetrics(registry, 'client', () => channel.stats.compression);
  new Gauge({
    name: 'mpim_rpc_client_addresses',
    help: 'Addresses of other services in use, by the state of their connection',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      const counts = { ready: 0, connecting: 0, none: 0, ejected: 0, stalled: 0, unreachable: 0 };
      for (const { connection, ejected, stalled, unreachable } of channel.stats.addresses) {
        const avoided = ejected ? 'ejected' : stalled ? 'stalled' : unreachable && 'unreachable';
        counts[avoided || connection]++;
      }
      for (const [state, count] of Object.entries(counts)) this.set({ state }, count);
    },
  });
}

/** What a provider is doing: `mpim_rpc_server_in_flight`, `…_connections`, and what compression does as for a channel. */
export function providerMetrics(
  registry: Registry,
  provider: Pick<RpcProvider, 'inFlight' | 'connectionCount' | 'compression'>,
): void {
  gauge(registry, 'mpim_rpc_server_in_flight', 'Calls being handled', () => provider.inFlight);
  gauge(registry, 'mpim_rpc_server_connections', 'Connections of callers', () => {
    return provider.connectionCount;
  });
  compressionMetrics(registry, 'server', () => provider.compression);
}

/** Nothing where compression is off. */
function compressionMetrics(
  registry: Registry,
  side: 'client' | 'server',
  read: () => CompressionStats | undefined,
): void {
  if (read() === undefined) return;
  const counter = (
    name: string,
    help: string,
    values: (stats: CompressionStats) => { sent: number; received: number },
  ): void => {
    new Counter({
      name: `mpim_rpc_${side}_${name}`,
      help,
      labelNames: ['direction'],
      registers: [registry],
      collect() {
        const stats = read();
        if (stats === undefined) return;
        this.reset();
        const { sent, received } = values(stats);
        this.inc({ direction: 'sent' }, sent);
        this.inc({ direction: 'received' }, received);
      },
    });
  };
  counter(
    'compressed_messages_total',
    'Messages that crossed the wire compressed',
    (stats) => stats,
  );
  counter(
    'compression_saved_bytes_total',
    'Bytes that did not cross the wire because of that',
    ({ sentSavedBytes, receivedSavedBytes }) => ({
      sent: sentSavedBytes,
      received: receivedSavedBytes,
    }),
  );
}

function gauge(registry: Registry, name: string, help: string, read: () => number): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      this.set(read());
    },
  });
}

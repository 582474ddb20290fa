import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** What the gateway counts. */
export class GatewayMetrics {
  readonly #requests: Histogram<'kind' | 'code'>;
  readonly #pushes: Counter;
  readonly #refused: Counter<'reason'>;

  constructor(registry: Registry, read: { connections: () => number; users: () => number }) {
    const registers = [registry];
    this.#requests = new Histogram({
      name: 'mpim_gateway_request_seconds',
      help: 'Time to answer a request of a client',
      labelNames: ['kind', 'code'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
      registers,
    });
    this.#pushes = new Counter({
      name: 'mpim_gateway_pushes_total',
      help: 'Messages handed to connections',
      registers,
    });
    this.#refused = new Counter({
      name: 'mpim_gateway_refused_total',
      help: 'Connections and account requests that were not let in',
      labelNames: ['reason'],
      registers,
    });
    new Gauge({
      name: 'mpim_gateway_connections',
      help: 'Open WebSocket connections',
      registers,
      collect() {
        this.set(read.connections());
      },
    });
    new Gauge({
      name: 'mpim_gateway_users',
      help: 'Users with a connection here',
      registers,
      collect() {
        this.set(read.users());
      },
    });
  }

  answered(kind: string, code: string, elapsedMs: number): void {
    this.#requests.observe({ kind, code }, elapsedMs / 1000);
  }

  pushed(count: number): void {
    this.#pushes.inc(count);
  }

  refused(reason: string): void {
    this.#refused.inc({ reason });
  }
}

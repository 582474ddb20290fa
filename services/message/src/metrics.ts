import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** What the message service counts. */
export interface MessageMetrics {
  /** Sends by what became of them: `stored`, `repeated` (an earlier send again) or `conflict`. */
  readonly sends: Counter<'outcome'>;
  /** Messages per commit. */
  readonly commitSize: Histogram;
  readonly commitSeconds: Histogram;
  /** Pushes to gateways: `delivered`, `failed` or `dropped` (queue full). */
  readonly pushes: Counter<'outcome'>;
}

/** Registers the metrics; `waitingPushes` is read when they are collected. */
export function createMessageMetrics(
  registry: Registry,
  waitingPushes: () => number,
): MessageMetrics {
  const registers = [registry];
  new Gauge({
    name: 'mpim_message_pushes_waiting',
    help: 'Messages and pushes that wait for their turn',
    registers,
    collect() {
      this.set(waitingPushes());
    },
  });
  return {
    sends: new Counter({
      name: 'mpim_message_sends_total',
      help: 'Sends by what became of them',
      labelNames: ['outcome'],
      registers,
    }),
    commitSize: new Histogram({
      name: 'mpim_message_commit_size',
      help: 'Messages written in one transaction',
      buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512],
      registers,
    }),
    commitSeconds: new Histogram({
      name: 'mpim_message_commit_seconds',
      help: 'Time from the start of a transaction to the end of its commit',
      buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1],
      registers,
    }),
    pushes: new Counter({
      name: 'mpim_message_pushes_total',
      help: 'Pushes to gateways by what became of them',
      labelNames: ['outcome'],
      registers,
    }),
  };
}

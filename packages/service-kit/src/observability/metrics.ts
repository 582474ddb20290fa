import { collectDefaultMetrics, Registry } from 'prom-client';

/** Whose metrics a registry holds. */
export interface MetricsOptions {
  readonly service: string;
  readonly instance: string;
  /** Adds memory, CPU, event-loop and garbage-collection metrics: once per process is enough. */
  readonly process?: boolean;
}

/** A registry whose metrics all carry the labels `service` and `instance`. */
export function createMetrics(options: MetricsOptions): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ service: options.service, instance: options.instance });
  if (options.process) collectDefaultMetrics({ register: registry });
  return registry;
}

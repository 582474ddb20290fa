import type { InstanceRecord, ServiceMonitor } from '@mpim/governance';

/** How an instance answers on its admin port now. */
export type InstanceHealth =
  | { state: 'ready' }
  | { state: 'not-ready'; reason: string }
  | { state: 'unreachable'; reason: string }
  | { state: 'unknown' };

/** An instance as the console shows it. */
export interface InstanceView {
  readonly id: string;
  readonly address: string;
  readonly version: string;
  readonly zone: string;
  readonly weight: number;
  /** Unix ms. */
  readonly startedAt: number;
  readonly health: InstanceHealth;
}

/** A service and who provides it. */
export interface ServiceView {
  readonly service: string;
  readonly instances: readonly InstanceView[];
}

/** All that is registered. */
export interface RegistryView {
  /** Unix ms at which the instances were asked. */
  readonly asOf: number;
  readonly services: readonly ServiceView[];
}

/** How long an instance may take to say how it is, ms. */
const HEALTH_TIMEOUT_MS = 1000;
/** The part of a reason that is shown, in characters. */
const MAX_REASON = 200;

/** The registry of the moment, with every instance asked for its health. */
export async function viewRegistry(monitor: ServiceMonitor): Promise<RegistryView> {
  const asOf = Date.now();
  const services = monitor.services.map(async (service) => ({
    service,
    instances: await Promise.all(monitor.instances(service).map(viewInstance)),
  }));
  return { asOf, services: await Promise.all(services) };
}

async function viewInstance(record: InstanceRecord): Promise<InstanceView> {
  const { id, host, port, version, zone, weight, startedAt } = record;
  const address = `${inAddress(host)}:${port}`;
  return { id, address, version, zone, weight, startedAt, health: await askHealth(record) };
}

async function askHealth({ host, adminPort }: InstanceRecord): Promise<InstanceHealth> {
  if (adminPort === 0) return { state: 'unknown' };
  try {
    const response = await fetch(`http://${inAddress(host)}:${adminPort}/readyz`, {
      signal: AbortSignal.timeout(HEALTH_TIMEOUT_MS),
      redirect: 'error',
    });
    const reason = (await response.text()).slice(0, MAX_REASON).trim();
    return response.ok ? { state: 'ready' } : { state: 'not-ready', reason };
  } catch (error) {
    return { state: 'unreachable', reason: error instanceof Error ? error.message : String(error) };
  }
}

function inAddress(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

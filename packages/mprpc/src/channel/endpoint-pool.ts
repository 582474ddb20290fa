import { RpcError } from '../errors.ts';
import type { Instance } from '../resolver.ts';
import type { ClockTimer } from '../time/clock.ts';
import type { AddressStats } from './channel-stats.ts';
import { Endpoint, type EndpointSettings } from './endpoint.ts';

/** Settings of a pool: those of its endpoints and its rhythm. */
export interface EndpointPoolSettings extends EndpointSettings {
  /** Interval of the sweep that pings silent peers. */
  readonly keepaliveMs: number;
  /** A connection unused for this long is closed. */
  readonly idleMs: number;
  /** Interval at which addresses that calls wait for are watched for silence. */
  readonly stallProbeMs: number;
}

/** One {@link Endpoint} per address, and the one timer that looks after all of them. */
export class EndpointPool {
  readonly #settings: EndpointPoolSettings;
  readonly #idleSweeps: number;
  readonly #endpoints = new Map<string, Endpoint>();
  readonly #onSweep = (): void => this.#sweep();
  readonly #onProbe = (): void => this.#probe();
  #timer: ClockTimer | undefined;
  #probeTimer: ClockTimer | undefined;
  #closed = false;
  #generation = 0;
  /** Those of addresses that are kept no longer. */
  #droppedProbes = 0;

  constructor(settings: EndpointPoolSettings) {
    this.#settings = settings;
    this.#idleSweeps = Math.max(1, Math.ceil(settings.idleMs / settings.keepaliveMs));
  }

  /** Grows when endpoints are dropped: what was looked up before is to be looked up again. */
  get generation(): number {
    return this.#generation;
  }

  /** Grows when an address is to be avoided from now on, or no longer. */
  get healthVersion(): number {
    return this.#settings.outliers.version;
  }

  /** The endpoint of an instance's address. A process that started later than the last one there starts afresh. */
  endpointOf(instance: Instance): Endpoint {
    const key = `${instance.host}:${instance.port}`;
    let endpoint = this.#endpoints.get(key);
    if (endpoint === undefined) {
      endpoint = new Endpoint(instance, this.#settings);
      this.#endpoints.set(key, endpoint);
      this.#arm();
    }
    endpoint.seen(instance.startedAt);
    return endpoint;
  }

  /** Times an address was tried or asked in the background so far. */
  get probes(): number {
    let probes = this.#droppedProbes;
    for (const endpoint of this.#endpoints.values()) probes += endpoint.probes;
    return probes;
  }

  /** What is known about every address. */
  stats(): AddressStats[] {
    return [...this.#endpoints.values()].map((endpoint) => endpoint.stats());
  }

  /** Closes every connection; resolves when their sockets are gone. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    this.#probeTimer?.cancel();
    this.#settings.outliers.stop();
    const error = new RpcError('CANCELLED', 'the channel was closed', { reason: 'CHANNEL_CLOSED' });
    await Promise.all([...this.#endpoints.values()].map((endpoint) => endpoint.close(error)));
  }

  #arm(): void {
    if (this.#closed) return;
    this.#armProbe();
    if (this.#timer !== undefined) return;
    this.#timer = this.#settings.clock.setTimeout(this.#onSweep, this.#settings.keepaliveMs);
    this.#timer.unref();
  }

  #armProbe(): void {
    if (this.#probeTimer !== undefined) return;
    const { clock, stallProbeMs } = this.#settings;
    this.#probeTimer = clock.setTimeout(this.#onProbe, stallProbeMs);
    this.#probeTimer.unref();
  }

  #probe(): void {
    this.#probeTimer = undefined;
    for (const endpoint of this.#endpoints.values()) endpoint.checkSilence();
    if (this.#endpoints.size > 0 && !this.#closed) this.#armProbe();
  }

  #sweep(): void {
    this.#timer = undefined;
    for (const [key, endpoint] of this.#endpoints) {
      if (!endpoint.sweep(this.#idleSweeps)) continue;
      this.#endpoints.delete(key);
      this.#droppedProbes += endpoint.probes;
      this.#generation++;
    }
    if (this.#endpoints.size > 0) this.#arm();
  }
}

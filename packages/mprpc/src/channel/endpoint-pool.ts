import { RpcError } from '../errors.ts';
import type { Instance } from '../resolver.ts';
import type { Clock, ClockTimer } from '../time/clock.ts';
import { Endpoint, type EndpointSettings } from './endpoint.ts';

/** Settings of a pool: those of its endpoints and its rhythm. */
export interface EndpointPoolSettings extends Omit<EndpointSettings, 'onConnect'> {
  /** Interval of the sweep that pings silent peers. */
  readonly keepaliveMs: number;
  /** A connection unused for this long is closed. */
  readonly idleMs: number;
}

interface Entry {
  readonly endpoint: Endpoint;
  startedAt: number;
}

/** One {@link Endpoint} per address, and the one timer that looks after all of them. */
export class EndpointPool {
  readonly #settings: EndpointSettings;
  readonly #clock: Clock;
  readonly #keepaliveMs: number;
  readonly #idleSweeps: number;
  readonly #entries = new Map<string, Entry>();
  /** Endpoints with something to look after, also those whose entry was dropped while a method still knew them. */
  readonly #active = new Set<Endpoint>();
  readonly #onSweep = (): void => this.#sweep();
  #timer: ClockTimer | undefined;
  #closed = false;

  constructor(settings: EndpointPoolSettings) {
    this.#settings = { ...settings, onConnect: (endpoint) => this.#activate(endpoint) };
    this.#clock = settings.clock;
    this.#keepaliveMs = settings.keepaliveMs;
    this.#idleSweeps = Math.max(1, Math.ceil(settings.idleMs / settings.keepaliveMs));
  }

  /** The endpoint of an instance's address. A process that started later than the last one there starts afresh. */
  readonly endpointOf = (instance: Instance): Endpoint => {
    const key = `${instance.host}:${instance.port}`;
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      const address = { host: instance.host, port: instance.port };
      entry = { endpoint: new Endpoint(address, this.#settings), startedAt: instance.startedAt };
      this.#entries.set(key, entry);
      this.#activate(entry.endpoint);
    } else if (instance.startedAt > entry.startedAt) {
      entry.startedAt = instance.startedAt;
      entry.endpoint.resetBackoff();
    }
    return entry.endpoint;
  };

  /** Closes every connection; resolves when their sockets are gone. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    const error = new RpcError('CANCELLED', 'the channel was closed', { reason: 'CHANNEL_CLOSED' });
    await Promise.all([...this.#active].map((endpoint) => endpoint.close(error)));
  }

  #activate(endpoint: Endpoint): void {
    this.#active.add(endpoint);
    if (this.#closed || this.#timer !== undefined) return;
    this.#timer = this.#clock.setTimeout(this.#onSweep, this.#keepaliveMs);
    this.#timer.unref();
  }

  #sweep(): void {
    this.#timer = undefined;
    for (const endpoint of this.#active) {
      if (!endpoint.sweep(this.#idleSweeps)) continue;
      this.#active.delete(endpoint);
      const key = `${endpoint.address.host}:${endpoint.address.port}`;
      if (this.#entries.get(key)?.endpoint === endpoint) this.#entries.delete(key);
    }
    for (const endpoint of this.#active) {
      this.#activate(endpoint);
      break;
    }
  }
}

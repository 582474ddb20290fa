import { EventEmitter } from 'node:events';
import type { Instance } from '@mpim/mprpc';
import type { ZooKeeperClient } from '@mpim/zookeeper';
import { ChildrenReader } from './discovery/children-reader.ts';
import { ServiceDiscovery } from './discovery/service-discovery.ts';
import { GovernanceError } from './errors.ts';
import { type GovernanceLogger, silentLogger } from './log.ts';
import { Reconciler } from './reconciler.ts';
import { isServiceName, SERVICES_ROOT } from './tree.ts';

/** How a {@link ServiceMonitor} works. */
export interface ServiceMonitorOptions {
  /** Shares the caches of this discovery; it makes and closes its own unless told. */
  discovery?: ServiceDiscovery;
  /** The list of services is read again after this long even if no watch fired, ms. Default 60,000. */
  rereadIntervalMs?: number;
  logger?: GovernanceLogger;
}

/** What a {@link ServiceMonitor} tells. */
export interface ServiceMonitorEvents {
  /** A service appeared below `/services`, or its node was deleted. */
  services: [names: readonly string[]];
  /** The instances of one service, when first known and after every change. */
  instances: [service: string, instances: readonly Instance[]];
}

/**
 * Every service that is registered, and its instances, as they come and go: the seed's ServiceMonitor.
 *
 * @example
 * await using monitor = new ServiceMonitor(zk);
 * monitor.on('instances', (service, instances) => console.log(service, instances.length));
 * await monitor.ready();
 */
export class ServiceMonitor extends EventEmitter<ServiceMonitorEvents> implements AsyncDisposable {
  readonly #discovery: ServiceDiscovery;
  readonly #ownsDiscovery: boolean;
  readonly #logger: GovernanceLogger;
  readonly #reader: ChildrenReader;
  readonly #reconciler: Reconciler;
  readonly #instances = new Map<string, readonly Instance[]>();
  readonly #watches = new Map<string, () => void>();
  readonly #ready = Promise.withResolvers<void>();
  #names: readonly string[] | undefined;
  #closed = false;

  constructor(zk: ZooKeeperClient, options: ServiceMonitorOptions = {}) {
    super();
    this.#logger = options.logger ?? silentLogger;
    this.#ownsDiscovery = options.discovery === undefined;
    this.#discovery = options.discovery ?? new ServiceDiscovery(zk, { logger: this.#logger });
    this.#ready.promise.catch(() => {});
    this.#reconciler = new Reconciler({
      run: () => this.#refresh(),
      onError: (error) => this.#logger.warn({ err: error }, 'the services could not be listed'),
      intervalMs: options.rereadIntervalMs ?? 60_000,
    });
    this.#reader = new ChildrenReader(zk, SERVICES_ROOT, () => this.#reconciler.poke());
    this.#reconciler.poke();
  }

  /** The names below `/services`, sorted; empty until {@link ready}. */
  get services(): readonly string[] {
    return this.#names ?? [];
  }

  /** The instances of a service as far as they are known. */
  instances(service: string): readonly Instance[] {
    return this.#instances.get(service) ?? [];
  }

  /** Resolves when the services and the instances of each have been read once. Rejects when closed before. */
  async ready(): Promise<void> {
    await this.#ready.promise;
  }

  /** Ends all watches. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#ready.reject(new GovernanceError('CLOSED', 'the monitor was closed'));
    this.#reader[Symbol.dispose]();
    for (const unwatch of this.#watches.values()) unwatch();
    void this.#reconciler.close();
    if (this.#ownsDiscovery) await this.#discovery.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #refresh(): Promise<void> {
    const { children } = await this.#reader.read();
    if (this.#closed) return;
    const names = children.filter(isServiceName).sort();
    for (const name of names) {
      if (!this.#watches.has(name)) this.#watchService(name);
    }
    for (const [name, unwatch] of this.#watches) {
      if (names.includes(name)) continue;
      unwatch();
      this.#watches.delete(name);
      this.#instances.delete(name);
    }
    if (names.join() !== this.#names?.join()) {
      this.#names = names;
      this.emit('services', names);
    }
    await Promise.all(names.map((name) => this.#discovery.ready(name)));
    this.#ready.resolve();
  }

  #watchService(name: string): void {
    const unwatch = this.#discovery.watch(name, (instances) => {
      this.#instances.set(name, instances);
      this.emit('instances', name, instances);
    });
    this.#watches.set(name, unwatch);
  }
}

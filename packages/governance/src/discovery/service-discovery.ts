import {
  type Clock,
  type Instance,
  noProviderError,
  type Random,
  type Resolver,
  systemClock,
} from '@mpim/mprpc';
import type { ZooKeeperClient } from '@mpim/zookeeper';
import { GovernanceError } from '../errors.ts';
import { type GovernanceLogger, silentLogger } from '../log.ts';
import { isMethodName, isServiceName, SERVICES_ROOT } from '../tree.ts';
import { TimedOut, within } from '../within.ts';
import { isMissing } from '../zookeeper-faults.ts';
import { registryUnavailable } from './registry-unavailable.ts';
import { SeedLookup } from './seed-lookup.ts';
import { type CacheSource, ServiceCache } from './service-cache.ts';
import { type Snapshot, SnapshotFile } from './snapshot-file.ts';

/** How a {@link ServiceDiscovery} keeps what it knows. */
export interface ServiceDiscoveryOptions {
  /** How long an address found only in the seed's layout is believed, ms. Default 1,000, as in the seed. */
  addressCacheTtlMs?: number;
  /** Where the last known addresses are kept for a start without ZooKeeper; one file per process. None unless told. */
  snapshotFile?: string;
  /** Every service is read again after this long even if no watch fired, ms. Default 60,000. */
  rereadIntervalMs?: number;
  /** Changes that follow each other faster than this are read together, ms. Default 50. */
  coalesceMs?: number;
  /** How long instances missing in a new session are kept, ms. Default 10,000. */
  sessionLossGraceMs?: number;
  /** How long the first question about a service waits for ZooKeeper before it fails, ms. Default 3,000. */
  firstReadTimeoutMs?: number;
  /** The same when addresses are known from before or from disk: after this they are used, ms. Default 500. */
  snapshotAfterMs?: number;
  logger?: GovernanceLogger;
  clock?: Clock;
  random?: Random;
}

/** What a {@link ServiceDiscovery} knows about one service, for metrics and consoles. */
export interface DiscoveryStatus {
  readonly service: string;
  readonly source: CacheSource;
  readonly instances: readonly Instance[];
  /** Unix milliseconds of the last live read. */
  readonly lastReadAt: number | undefined;
}

type Listener = (instances: readonly Instance[]) => void;

/**
 * Finds instances through ZooKeeper: one cache per service, kept by watches. Calls go on with the last known
 * addresses while ZooKeeper is away.
 *
 * @example
 * await using discovery = new ServiceDiscovery(zk, { snapshotFile: 'data/addresses.json' });
 * const channel = new RpcChannel({ resolver: discovery });
 */
export class ServiceDiscovery implements Resolver, AsyncDisposable {
  readonly #zk: ZooKeeperClient;
  readonly #options: ServiceDiscoveryOptions;
  readonly #clock: Clock;
  readonly #logger: GovernanceLogger;
  readonly #caches = new Map<string, ServiceCache>();
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #waiting = new Map<string, Promise<void>>();
  readonly #seed: SeedLookup;
  readonly #file: SnapshotFile | undefined;
  /** From the file; a service stays until it was read live. */
  readonly #remembered: Map<string, readonly Instance[]>;
  #closed = false;

  constructor(zk: ZooKeeperClient, options: ServiceDiscoveryOptions = {}) {
    this.#zk = zk;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#logger = options.logger ?? silentLogger;
    this.#seed = new SeedLookup({
      zk,
      patienceMs: this.#firstReadTimeoutMs,
      stalePatienceMs: this.#snapshotAfterMs,
      ttlMs: options.addressCacheTtlMs ?? 1_000,
      clock: this.#clock,
      logger: this.#logger,
      onChange: () => this.#file?.schedule(),
    });
    if (options.snapshotFile !== undefined) {
      const collect = (): Snapshot => this.#snapshot();
      this.#file = new SnapshotFile(options.snapshotFile, collect, this.#clock, this.#logger);
    }
    const snapshot = this.#file?.read();
    this.#remembered = new Map(snapshot?.services);
    if (snapshot !== undefined) this.#seed.adopt(snapshot.seed);
  }

  /**
   * The instances that provide the method: a frozen array, the same one until something changes, without a promise
   * once the service is known. Questions asked together share one read.
   *
   * Rejects with `RpcError`: `noProviderError` when nobody provides it; UNAVAILABLE with reason
   * `REGISTRY_UNAVAILABLE` when ZooKeeper does not answer and no address is known.
   */
  resolve(service: string, method: string): readonly Instance[] | Promise<readonly Instance[]> {
    const known = this.#caches.get(service)?.providing(method);
    return known !== undefined && known.length > 0 ? known : this.#find(service, method);
  }

  /**
   * Calls `listener` with the instances as soon as they are known, and again after every change; never within this
   * call. Only what is registered below `/services` is seen. Returns what ends it.
   */
  watch(service: string, listener: Listener): () => void {
    const cache = this.#cache(service);
    const own: Listener = (instances) => listener(instances);
    const listeners = this.#listeners.get(service) ?? new Set();
    this.#listeners.set(service, listeners.add(own));
    if (cache.source !== 'unknown') {
      queueMicrotask(() => {
        if (listeners.has(own)) this.#tell(own, cache);
      });
    }
    return () => listeners.delete(own);
  }

  /** Resolves when the instances of a service are known, from ZooKeeper or from disk; there may be none. */
  async ready(service: string): Promise<void> {
    await this.#cache(service).warm;
  }

  /** The names below `/services`, sorted, from a live read. Throws `ZooKeeperError`. */
  async services(): Promise<string[]> {
    try {
      const { children } = await this.#zk.children(SERVICES_ROOT);
      return children.filter(isServiceName).sort();
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  }

  /** What is known about every service that was asked for. */
  status(): DiscoveryStatus[] {
    return [...this.#caches.values()].map(({ service, source, instances, lastReadAt }) => ({
      service,
      source,
      instances,
      lastReadAt,
    }));
  }

  /** Ends all watches and writes the snapshot file. The ZooKeeper client stays open. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const cache of this.#caches.values()) cache.close();
    this.#listeners.clear();
    await this.#file?.flush();
    this.#caches.clear();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #find(service: string, method: string): readonly Instance[] | Promise<readonly Instance[]> {
    if (this.#closed) return Promise.reject(closedError());
    if (!isServiceName(service) || !isMethodName(method)) {
      return Promise.reject(noProviderError(service, method));
    }
    const cache = this.#cache(service);
    if (cache.source !== 'unknown') return this.#seed.resolve(service, method);
    return this.#warmUp(cache).then(() => {
      const instances = cache.providing(method);
      return instances.length > 0 ? instances : this.#seed.resolve(service, method);
    });
  }

  #cache(service: string): ServiceCache {
    if (this.#closed) throw closedError();
    let cache = this.#caches.get(service);
    if (cache === undefined) {
      cache = new ServiceCache({
        zk: this.#zk,
        service,
        rereadIntervalMs: this.#options.rereadIntervalMs ?? 60_000,
        coalesceMs: this.#options.coalesceMs ?? 50,
        sessionLossGraceMs: this.#options.sessionLossGraceMs ?? 10_000,
        clock: this.#clock,
        random: this.#options.random,
        logger: this.#logger,
        onChange: (changed) => this.#changed(changed),
      });
      this.#caches.set(service, cache);
      const remembered = this.#remembered.has(service);
      if (remembered) this.#warmUp(cache).catch(() => {});
    }
    return cache;
  }

  /** One wait for all who ask at the same time. */
  #warmUp(cache: ServiceCache): Promise<void> {
    let waiting = this.#waiting.get(cache.service);
    if (waiting === undefined) {
      waiting = this.#firstRead(cache).finally(() => this.#waiting.delete(cache.service));
      this.#waiting.set(cache.service, waiting);
    }
    return waiting;
  }

  async #firstRead(cache: ServiceCache): Promise<void> {
    const remembered = this.#remembered.get(cache.service);
    const patienceMs = remembered === undefined ? this.#firstReadTimeoutMs : this.#snapshotAfterMs;
    try {
      await within(patienceMs, cache.warm, this.#clock);
    } catch (error) {
      if (!(error instanceof TimedOut)) throw error;
      if (remembered === undefined) throw registryUnavailable(cache.service, error);
      cache.adopt(remembered);
    }
  }

  get #firstReadTimeoutMs(): number {
    return this.#options.firstReadTimeoutMs ?? 3_000;
  }

  get #snapshotAfterMs(): number {
    return this.#options.snapshotAfterMs ?? 500;
  }

  #changed(cache: ServiceCache): void {
    if (cache.source !== 'snapshot') this.#remembered.delete(cache.service);
    this.#file?.schedule();
    for (const listener of this.#listeners.get(cache.service) ?? []) this.#tell(listener, cache);
  }

  #tell(listener: Listener, cache: ServiceCache): void {
    try {
      listener(cache.instances);
    } catch (error) {
      this.#logger.warn({ err: error, service: cache.service }, 'a listener of instances failed');
    }
  }

  #snapshot(): Snapshot {
    const services = new Map(this.#remembered);
    for (const { service, instances } of this.#caches.values()) {
      if (instances.length > 0) services.set(service, instances);
    }
    return { services, seed: this.#seed.addresses() };
  }
}

function closedError(): GovernanceError {
  return new GovernanceError('CLOSED', 'the discovery was closed');
}

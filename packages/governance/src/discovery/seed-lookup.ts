import type { Clock, Instance } from '@mpim/mprpc';
import { noProviderError } from '@mpim/mprpc';
import type { ZooKeeperClient } from '@mpim/zookeeper';
import { formatAddress, parseAddress } from '../address.ts';
import type { GovernanceLogger } from '../log.ts';
import { seedMethodPath } from '../tree.ts';
import { within } from '../within.ts';
import { isMissing } from '../zookeeper-faults.ts';
import { registryUnavailable } from './registry-unavailable.ts';

interface Entry {
  readonly instances: readonly Instance[];
  readonly expiresAt: number;
}

/** What a {@link SeedLookup} is made of. */
export interface SeedLookupParts {
  readonly zk: ZooKeeperClient;
  readonly ttlMs: number;
  /** How long a read may take, ms. */
  readonly patienceMs: number;
  /** The same when an older address is known. */
  readonly stalePatienceMs: number;
  readonly clock: Clock;
  readonly logger: GovernanceLogger;
  /** Called when an address was learnt that was not known before. */
  onChange(): void;
}

const NOBODY: readonly Instance[] = Object.freeze([]);
const DEFAULT_WEIGHT = 100;

/**
 * Addresses that stand only in the seed's layout: `/<Service>/<Method>` holding `ip:port`. Asked for with GetData
 * and believed for a while, as the seed's channel does; no watch.
 */
export class SeedLookup {
  readonly #parts: SeedLookupParts;
  readonly #entries = new Map<string, Entry>();
  readonly #loading = new Map<string, Promise<readonly Instance[]>>();

  constructor(parts: SeedLookupParts) {
    this.#parts = parts;
  }

  /** The one instance at the node; rejects with `noProviderError` when there is none. */
  resolve(service: string, method: string): readonly Instance[] | Promise<readonly Instance[]> {
    const path = seedMethodPath(service, method);
    const entry = this.#entries.get(path);
    if (entry !== undefined && this.#stands(entry)) {
      return entry.instances.length > 0
        ? entry.instances
        : Promise.reject(noProviderError(service, method));
    }
    let loading = this.#loading.get(path);
    if (loading === undefined) {
      loading = this.#load(service, method, path).finally(() => this.#loading.delete(path));
      this.#loading.set(path, loading);
    }
    return loading;
  }

  /** The addresses known now, by path. */
  addresses(): Map<string, string> {
    const known = [...this.#entries].flatMap(([path, { instances }]): [string, string][] =>
      instances[0] === undefined ? [] : [[path, formatAddress(instances[0])]],
    );
    return new Map(known);
  }

  /** Takes addresses from disk; they are asked for again as soon as ZooKeeper answers. */
  adopt(addresses: ReadonlyMap<string, string>): void {
    for (const [path, address] of addresses) {
      const [, service = '', method = ''] = path.split('/');
      const instances = seedInstances(service, method, address, 0);
      if (instances.length > 0) this.#entries.set(path, { instances, expiresAt: 0 });
    }
  }

  #stands(entry: Entry): boolean {
    const { zk, clock } = this.#parts;
    if (clock.monotonic() < entry.expiresAt) return true;
    // Without a connection there is nobody to ask: an old address is better than none.
    return entry.instances.length > 0 && zk.state.kind !== 'connected';
  }

  async #load(service: string, method: string, path: string): Promise<readonly Instance[]> {
    const { clock, ttlMs, patienceMs, stalePatienceMs, logger, onChange } = this.#parts;
    const known = this.#entries.get(path)?.instances ?? NOBODY;
    let instances: readonly Instance[];
    try {
      const patience = known.length > 0 ? stalePatienceMs : patienceMs;
      instances = await within(patience, this.#read(service, method, path), clock);
    } catch (error) {
      if (known.length === 0) throw registryUnavailable(service, error);
      logger.warn({ path, err: error }, 'an address could not be read; the last known one stands');
      instances = known;
    }
    if (instances[0]?.id === known[0]?.id) instances = known;
    this.#entries.set(path, { instances, expiresAt: clock.monotonic() + ttlMs });
    if (instances !== known) onChange();
    if (instances.length === 0) throw noProviderError(service, method);
    return instances;
  }

  async #read(service: string, method: string, path: string): Promise<readonly Instance[]> {
    try {
      const { data, stat } = await this.#parts.zk.get(path);
      const text = data?.toString('utf8') ?? '';
      const instances = seedInstances(service, method, text, stat.ctime);
      if (instances.length === 0 && text !== '') {
        this.#parts.logger.warn({ path }, 'a node does not hold ip:port and is left out');
      }
      return instances;
    } catch (error) {
      if (isMissing(error)) return NOBODY;
      throw error;
    }
  }
}

/** What is known of an instance that only left its address, which is also its id. */
function seedInstances(
  service: string,
  method: string,
  text: string,
  startedAt: number,
): readonly Instance[] {
  const address = parseAddress(text);
  if (address === undefined) return NOBODY;
  const instance: Instance = {
    ...address,
    id: formatAddress(address),
    service,
    weight: DEFAULT_WEIGHT,
    zone: '',
    version: '',
    methods: Object.freeze([method]),
    adminPort: 0,
    startedAt,
    metadata: Object.freeze({}),
  };
  return Object.freeze([Object.freeze(instance)]);
}

import type { Instance, Resolver } from './resolver.ts';

/** An instance of a {@link StaticResolver}: the address is enough, the rest has defaults. */
export type StaticInstance = Pick<Instance, 'host' | 'port'> & Partial<Instance>;

const SERVES_ALL = '*';

/**
 * Fixed addresses instead of a registry: for tests, benchmarks and calls to a known place.
 *
 * ```ts
 * new StaticResolver([{ host: '127.0.0.1', port: 4711 }]); // every service
 * new StaticResolver({ UserServiceRpc: [{ host: '127.0.0.1', port: 4711 }] });
 * ```
 */
export class StaticResolver implements Resolver {
  readonly #services = new Map<string, readonly Instance[]>();
  readonly #listeners = new Map<string, Set<(instances: readonly Instance[]) => void>>();

  constructor(
    instances: readonly StaticInstance[] | Readonly<Record<string, readonly StaticInstance[]>>,
  ) {
    if (isList(instances)) {
      this.#services.set(SERVES_ALL, complete(SERVES_ALL, instances));
    } else {
      for (const [service, list] of Object.entries(instances)) {
        this.#services.set(service, complete(service, list));
      }
    }
  }

  resolve(service: string): readonly Instance[] {
    return this.#services.get(service) ?? this.#services.get(SERVES_ALL) ?? NOBODY;
  }

  watch(service: string, listener: (instances: readonly Instance[]) => void): () => void {
    let listeners = this.#listeners.get(service);
    if (listeners === undefined) {
      listeners = new Set();
      this.#listeners.set(service, listeners);
    }
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  /** Replaces the instances of a service; watchers hear of it. */
  set(service: string, instances: readonly StaticInstance[]): void {
    const list = complete(service, instances);
    this.#services.set(service, list);
    for (const listener of this.#listeners.get(service) ?? []) listener(list);
  }
}

const NOBODY: readonly Instance[] = Object.freeze([]);

function isList(
  value: readonly StaticInstance[] | Readonly<Record<string, readonly StaticInstance[]>>,
): value is readonly StaticInstance[] {
  return Array.isArray(value);
}

function complete(service: string, instances: readonly StaticInstance[]): readonly Instance[] {
  return instances.map((instance) => ({
    id: `${instance.host}:${instance.port}`,
    service,
    weight: 100,
    zone: '',
    version: '',
    methods: [],
    adminPort: 0,
    startedAt: 0,
    metadata: {},
    ...instance,
  }));
}

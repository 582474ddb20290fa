import { type Resolver, type RpcClient, RpcError, rendezvous } from '@mpim/mprpc';
import type { PresenceServiceRpcDefinition, Route } from '@mpim/protocol';

/** Users by the gateway instance that holds connections of theirs. */
export type Routes = ReadonlyMap<string, readonly string[]>;

/** What a {@link RouteFinder} works with. */
export interface RouteFinderParts {
  readonly presence: RpcClient<PresenceServiceRpcDefinition>;
  readonly resolver: Resolver;
  readonly deadlineMs: number;
  /** Told when a presence instance could not be asked and all gateways stand in for its answer. */
  readonly onUnavailable: (error: unknown) => void;
}

/**
 * Finds the gateways of users. Each user's routes are on the presence instance that rendezvous hashing over the live
 * instances gives. Users whose instance cannot be asked are looked for at every gateway: a push too many is dropped
 * there, a push too few would keep somebody waiting.
 */
export class RouteFinder {
  readonly #parts: RouteFinderParts;

  constructor(parts: RouteFinderParts) {
    this.#parts = parts;
  }

  /** The routes of these users; users who are not online are absent. */
  async find(users: readonly string[]): Promise<Routes> {
    const routes = new Map<string, string[]>();
    const add = (gateway: string, user: string) => {
      const list = routes.get(gateway) ?? [];
      list.push(user);
      routes.set(gateway, list);
    };
    const unknown: string[] = [];
    const ids = await this.#presenceIds();
    const shards = Map.groupBy(users, (user) => rendezvous(user, ids));
    await Promise.all(
      [...shards].map(async ([id, shard]) => {
        const found = id === undefined ? undefined : await this.#ask(id, shard);
        if (found !== undefined) for (const route of found) add(route.gatewayId, route.user);
        else for (const user of shard) unknown.push(user);
      }),
    );
    if (unknown.length > 0) {
      for (const gateway of await this.#gatewayIds()) {
        for (const user of unknown) add(gateway, user);
      }
    }
    return routes;
  }

  /** Undefined when the instance could not be asked. */
  async #ask(instance: string, users: string[]): Promise<Route[] | undefined> {
    const { presence, deadlineMs, onUnavailable } = this.#parts;
    try {
      const { routes } = await presence.queryRoutes({ users }, { instance, deadlineMs });
      return routes;
    } catch (error) {
      onUnavailable(error);
      return undefined;
    }
  }

  /** None when presence cannot be found; nobody is asked then. */
  async #presenceIds(): Promise<string[]> {
    try {
      const { resolver } = this.#parts;
      return (await resolver.resolve('PresenceServiceRpc', 'QueryRoutes')).map(({ id }) => id);
    } catch (error) {
      this.#parts.onUnavailable(error);
      return [];
    }
  }

  /** Without a gateway nobody is online. */
  async #gatewayIds(): Promise<string[]> {
    try {
      const { resolver } = this.#parts;
      return (await resolver.resolve('GatewayServiceRpc', 'Push')).map(({ id }) => id);
    } catch (error) {
      if (error instanceof RpcError && error.reason === 'NO_PROVIDER') return [];
      throw error;
    }
  }
}

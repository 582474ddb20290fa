const NOWHERE: readonly string[] = Object.freeze([]);

/** Which gateways each user is on, and which users each gateway has. In memory; every answer is immediate. */
export class RouteTable {
  readonly #gatewaysOf = new Map<string, readonly string[]>();
  readonly #usersOf = new Map<string, Set<string>>();
  #routes = 0;

  /** Pairs of user and gateway. */
  get routes(): number {
    return this.#routes;
  }

  /** Users with at least one route. */
  get users(): number {
    return this.#gatewaysOf.size;
  }

  /** Gateways with at least one route. */
  get gateways(): number {
    return this.#usersOf.size;
  }

  /** The gateways of a user, in the order they were bound. */
  gatewaysOf(user: string): readonly string[] {
    return this.#gatewaysOf.get(user) ?? NOWHERE;
  }

  has(gateway: string, user: string): boolean {
    return this.#usersOf.get(gateway)?.has(user) ?? false;
  }

  /** False when the route was there already. */
  bind(gateway: string, user: string): boolean {
    let users = this.#usersOf.get(gateway);
    if (users === undefined) {
      users = new Set();
      this.#usersOf.set(gateway, users);
    }
    if (users.has(user)) return false;
    users.add(user);
    this.#gatewaysOf.set(user, [...this.gatewaysOf(user), gateway]);
    this.#routes += 1;
    return true;
  }

  /** False when there was no such route. */
  unbind(gateway: string, user: string): boolean {
    const users = this.#usersOf.get(gateway);
    if (users === undefined || !users.delete(user)) return false;
    if (users.size === 0) this.#usersOf.delete(gateway);
    this.#forget(gateway, user);
    return true;
  }

  /** Removes all routes of a gateway; returns how many there were. */
  drop(gateway: string): number {
    const users = this.#usersOf.get(gateway);
    if (users === undefined) return 0;
    this.#usersOf.delete(gateway);
    for (const user of users) this.#forget(gateway, user);
    return users.size;
  }

  #forget(gateway: string, user: string): void {
    this.#routes -= 1;
    const left = this.gatewaysOf(user).filter((other) => other !== gateway);
    if (left.length > 0) this.#gatewaysOf.set(user, left);
    else this.#gatewaysOf.delete(user);
  }
}

import { type Resolver, type RpcClient, rendezvous } from '@mpim/mprpc';
import { PresenceServiceRpcDefinition } from '@mpim/protocol';
import type { Logger } from 'pino';

const SERVICE = PresenceServiceRpcDefinition.name;
/** Users in one BindRoute or UnbindRoute. */
const BATCH = 500;
/** Users who come within this time are bound together, ms. */
const GATHER_MS = 2;
const RETRY_MIN_MS = 200;
const RETRY_MAX_MS = 5_000;

/** What a {@link PresenceBinder} works with. */
export interface PresenceBinderParts {
  readonly presence: RpcClient<PresenceServiceRpcDefinition>;
  readonly resolver: Resolver;
  readonly gatewayId: string;
  readonly deadlineMs: number;
  /** How long a user without a connection stays bound, ms: most come back at once. */
  readonly lingerMs: number;
  /** How often all routes are bound again although nothing changed, ms. */
  readonly refreshMs: number;
  readonly isOnline: (user: string) => boolean;
  /** Routes of these users were missing or are somewhere else now: pushes may have been missed. */
  readonly rebound: (users: readonly string[]) => void;
  readonly logger: Logger;
}

/** A user's route. */
interface Route {
  /** Where it was bound last; `undefined` when it never was. */
  instance: string | undefined;
  /** Messages may have been pushed elsewhere meanwhile: once bound, the user has to sync. */
  late: boolean;
  readonly waiting: (() => void)[];
  linger: ReturnType<typeof setTimeout> | undefined;
}

/** Calls to one presence instance: one at a time, with pauses after failures. */
interface Lane {
  busy: boolean;
  failures: number;
  /** Monotonic ms before which it is left alone. */
  retryAt: number;
}

/**
 * Keeps this gateway's users bound at the presence instances. A user's route lives on the instance that
 * rendezvous hashing over the live ones gives; when they change, the users concerned are bound again in
 * batches. What fails is repeated for as long as the user is here.
 */
export class PresenceBinder {
  readonly #parts: PresenceBinderParts;
  readonly #routes = new Map<string, Route>();
  /** Users to bind. */
  readonly #pending = new Set<string>();
  readonly #lanes = new Map<string, Lane>();
  readonly #unwatch: () => void;
  readonly #refresh: ReturnType<typeof setInterval>;
  #ring: readonly string[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timerDue = 0;
  #ringFailures = 0;
  #closed = false;

  constructor(parts: PresenceBinderParts) {
    this.#parts = parts;
    this.#unwatch = parts.resolver.watch(SERVICE, () => void this.#lookForRing());
    this.#refresh = setInterval(() => this.bindAllAgain(false), parts.refreshMs);
    this.#refresh.unref();
    void this.#lookForRing();
  }

  /** Users that wait to be bound. */
  get pending(): number {
    return this.#pending.size;
  }

  /** A user is here. Resolves when bound, or after `patienceMs` at the latest. */
  bind(user: string, patienceMs: number): Promise<void> {
    let route = this.#routes.get(user);
    if (route === undefined) {
      route = { instance: undefined, late: false, waiting: [], linger: undefined };
      this.#routes.set(user, route);
    }
    clearTimeout(route.linger);
    route.linger = undefined;
    if (route.instance !== undefined && !this.#pending.has(user)) return Promise.resolve();
    this.#pending.add(user);
    this.#schedule(GATHER_MS);
    return this.#untilBound(route, patienceMs);
  }

  /** The user's last connection went; the route follows unless the user comes back soon. */
  release(user: string): void {
    const route = this.#routes.get(user);
    if (route === undefined || this.#closed) return;
    clearTimeout(route.linger);
    route.linger = setTimeout(() => {
      if (this.#parts.isOnline(user)) return;
      this.#routes.delete(user);
      this.#pending.delete(user);
      if (route.instance !== undefined) this.#unbind(route.instance, user);
    }, this.#parts.lingerMs);
    route.linger.unref();
  }

  /** Binds everybody again. `missed`: routes were gone for a while, so the users have to sync too. */
  bindAllAgain(missed: boolean): void {
    for (const [user, route] of this.#routes) {
      route.late ||= missed;
      this.#pending.add(user);
    }
    this.#schedule(GATHER_MS);
  }

  close(): void {
    this.#closed = true;
    this.#unwatch();
    clearInterval(this.#refresh);
    clearTimeout(this.#timer);
    for (const route of this.#routes.values()) {
      clearTimeout(route.linger);
      for (const wake of route.waiting.splice(0)) wake();
    }
  }

  #untilBound(route: Route, patienceMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        route.late = true;
        resolve();
      }, patienceMs);
      route.waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  async #lookForRing(): Promise<void> {
    let ids: readonly string[] = [];
    try {
      const found = await this.#parts.resolver.resolve(SERVICE, 'BindRoute');
      ids = found.map((instance) => instance.id);
    } catch {
      // Nobody provides it, or the registry is away.
    }
    if (this.#closed || sameMembers(ids, this.#ring)) return;
    this.#ring = ids;
    for (const id of this.#lanes.keys()) if (!ids.includes(id)) this.#lanes.delete(id);
    for (const [user, route] of this.#routes) {
      if (rendezvous(user, ids) === route.instance) continue;
      route.late ||= route.instance !== undefined;
      this.#pending.add(user);
    }
    this.#schedule(GATHER_MS);
  }

  /** Works in `delayMs` at the latest. */
  #schedule(delayMs: number): void {
    const due = performance.now() + delayMs;
    if (this.#closed || (this.#timer !== undefined && this.#timerDue <= due)) return;
    clearTimeout(this.#timer);
    this.#timerDue = due;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#work();
    }, delayMs);
  }

  /** Hands who is pending to the instances' lanes. */
  #work(): void {
    if (this.#pending.size === 0) return;
    if (this.#ring.length === 0) {
      this.#schedule(backoff(this.#ringFailures++));
      void this.#lookForRing();
      return;
    }
    this.#ringFailures = 0;
    const now = performance.now();
    const batches = new Map<string, string[]>();
    for (const user of this.#pending) {
      const instance = rendezvous(user, this.#ring);
      if (instance === undefined) continue;
      const lane = this.#lanes.get(instance);
      if (lane?.busy === true) continue;
      if (lane !== undefined && lane.retryAt > now) {
        this.#schedule(lane.retryAt - now);
        continue;
      }
      const batch = batches.get(instance);
      if (batch === undefined) batches.set(instance, [user]);
      else if (batch.length < BATCH) batch.push(user);
    }
    for (const [instance, users] of batches) void this.#bindAt(instance, users);
  }

  async #bindAt(instance: string, users: readonly string[]): Promise<void> {
    const { presence, gatewayId, deadlineMs, logger } = this.#parts;
    const lane = this.#lanes.get(instance) ?? { busy: false, failures: 0, retryAt: 0 };
    this.#lanes.set(instance, lane);
    lane.busy = true;
    for (const user of users) this.#pending.delete(user);
    try {
      await presence.bindRoute({ gatewayId, users: [...users] }, { instance, deadlineMs });
      lane.failures = 0;
      this.#bound(instance, users);
    } catch (err) {
      for (const user of users) if (this.#routes.has(user)) this.#pending.add(user);
      lane.retryAt = performance.now() + backoff(lane.failures);
      lane.failures += 1;
      if (lane.failures === 1) logger.warn({ err, instance }, 'presence does not take routes');
    }
    lane.busy = false;
    this.#schedule(0);
  }

  #bound(instance: string, users: readonly string[]): void {
    const late: string[] = [];
    for (const user of users) {
      const route = this.#routes.get(user);
      if (route === undefined) {
        this.#unbind(instance, user);
        continue;
      }
      route.instance = instance;
      // The ring may have changed while the call was on its way.
      if (rendezvous(user, this.#ring) !== instance) {
        this.#pending.add(user);
        continue;
      }
      if (this.#pending.has(user)) continue;
      for (const wake of route.waiting.splice(0)) wake();
      if (route.late) late.push(user);
      route.late = false;
    }
    if (late.length > 0) this.#parts.rebound(late);
  }

  /** Best effort: a route too many costs a push that is dropped. */
  #unbind(instance: string, user: string): void {
    const { presence, gatewayId, deadlineMs } = this.#parts;
    presence.unbindRoute({ gatewayId, users: [user] }, { instance, deadlineMs }).catch(() => {});
  }
}

function backoff(failures: number): number {
  return Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** Math.min(failures, 10));
}

function sameMembers(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((id) => other.includes(id));
}

import type { RpcClient } from '@mpim/mprpc';
import { RpcError } from '@mpim/mprpc';
import type { UserServiceRpcDefinition } from '@mpim/protocol';
import type { Logger } from 'pino';
import type { WebSocket } from 'ws';
import type { GatewayMetrics } from '../gateway-metrics.ts';
import { TokenBucket } from '../limits/token-bucket.ts';
import type { GatewaySettings } from '../settings.ts';
import {
  ClientConnection,
  CloseCode,
  type ConnectionHost,
  type SessionIdentity,
} from '../socket/client-connection.ts';
import { type Codec, EncodedPush } from '../socket/codec.ts';
import type { Body, Caller, Dispatcher, Request } from '../socket/dispatch.ts';
import { ConnectionRegistry } from './registry.ts';
import { SessionChecker } from './session-checker.ts';

/** How often deadlines of connections are looked at, ms. */
const SWEEP_MS = 1_000;
/** Over how long a Resync to many clients is spread, ms. */
const RESYNC_SPREAD_MS = 2_000;

/** What {@link Connections} work with. */
export interface ConnectionsParts {
  readonly gatewayId: string;
  readonly settings: GatewaySettings;
  readonly user: RpcClient<UserServiceRpcDefinition>;
  readonly dispatcher: Dispatcher;
  readonly metrics: GatewayMetrics;
  readonly logger: Logger;
  /** A user is here; resolves when pushes can find this gateway, or soon anyway. */
  readonly bind: (user: string) => Promise<void>;
  /** A user has left. */
  readonly release: (user: string) => void;
}

/** Every client of this gateway: lets them in, keeps an eye on them, finds them for pushes, sees them off. */
export class Connections implements ConnectionHost {
  readonly registry: ConnectionRegistry;
  readonly #parts: ConnectionsParts;
  readonly #all = new Set<ClientConnection>();
  readonly #identities = new Map<ClientConnection, SessionIdentity>();
  readonly #checker: SessionChecker;
  readonly #resyncing = new Set<ClientConnection>();
  readonly #sweep: ReturnType<typeof setInterval>;
  #nextId = 1;
  #probedAt = Date.now();
  #draining = false;

  constructor(parts: ConnectionsParts) {
    this.#parts = parts;
    this.registry = new ConnectionRegistry({
      online: () => {},
      offline: (user) => parts.release(user),
    });
    const { helloTimeoutMs, pingIntervalMs, sessionCheckMs, callDeadlineMs } = parts.settings;
    this.#checker = new SessionChecker({
      user: parts.user,
      deadlineMs: callDeadlineMs,
      intervalMs: sessionCheckMs,
      ended: (sessionId) => this.closeSession(sessionId),
    });
    const everyMs = Math.min(SWEEP_MS, helloTimeoutMs, pingIntervalMs, sessionCheckMs);
    this.#sweep = setInterval(() => this.#sweepNow(), everyMs);
    this.#sweep.unref();
  }

  get size(): number {
    return this.#all.size;
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** True when no further connection should be accepted. */
  get isFull(): boolean {
    return this.#all.size >= this.#parts.settings.maxConnections;
  }

  /** Takes over an accepted WebSocket. */
  accept(socket: WebSocket, codec: Codec): void {
    const { gatewayId, settings, logger } = this.#parts;
    const connection = new ClientConnection({
      id: `${gatewayId}.${(this.#nextId++).toString(36)}`,
      socket,
      codec,
      host: this,
      limits: settings,
      bucket: new TokenBucket(settings.requestsPerSecond, settings.requestBurst),
      logger,
    });
    this.#all.add(connection);
  }

  async enter(connection: ClientConnection, token: string): Promise<SessionIdentity> {
    const { user: users, settings, bind } = this.#parts;
    const deadlineMs = settings.callDeadlineMs;
    const identity = await users.authenticate({ token }, { deadlineMs });
    const { user, sessionId } = identity;
    if (connection.phase.kind === 'closed') return identity;
    if (!this.registry.add(connection, user, sessionId)) {
      throw new RpcError('UNAUTHENTICATED', 'the session has ended; log in again');
    }
    this.#identities.set(connection, identity);
    this.#checker.add(sessionId, token);
    await bind(user);
    return identity;
  }

  dispatch(request: Request, caller: Caller): Promise<Body> {
    return this.#parts.dispatcher.dispatch(request, caller);
  }

  answered(kind: string, code: string, startedAt: number): void {
    this.#parts.metrics.answered(kind, code, performance.now() - startedAt);
  }

  closed(connection: ClientConnection): void {
    this.#all.delete(connection);
    this.#resyncing.delete(connection);
    const identity = this.#identities.get(connection);
    if (identity === undefined) return;
    this.#identities.delete(connection);
    this.#checker.remove(identity.sessionId);
    this.registry.remove(connection, identity.user, identity.sessionId);
  }

  /** Hands a push to the users' open connections but one; returns to how many. */
  push(users: Iterable<string>, body: Body, exceptConnectionId: string): number {
    const push = new EncodedPush(body);
    let delivered = 0;
    for (const user of new Set(users)) {
      for (const connection of this.registry.ofUser(user)) {
        if (connection.id !== exceptConnectionId && connection.push(push)) delivered += 1;
      }
    }
    return delivered;
  }

  /** Ends every connection of a session that is no more; returns how many there were. */
  closeSession(sessionId: string): number {
    const connections = this.registry.revoke(sessionId);
    for (const connection of connections) connection.goodbye('session-revoked', CloseCode.policy);
    return connections.length;
  }

  /** Tells users (or everybody) to sync, spread over a while so that they do not all come at once. */
  resync(users?: readonly string[]): void {
    const concerned =
      users === undefined
        ? [...this.#identities.keys()]
        : users.flatMap((user) => [...this.registry.ofUser(user)]);
    const resync = new EncodedPush({ $case: 'resync', value: {} });
    for (const connection of concerned) {
      if (this.#resyncing.has(connection)) continue;
      this.#resyncing.add(connection);
      setTimeout(() => {
        if (this.#resyncing.delete(connection)) connection.push(resync);
      }, Math.random() * RESYNC_SPREAD_MS).unref();
    }
  }

  /** Announces the end, lets requests finish for at most `timeoutMs`, and closes everything. */
  async drain(timeoutMs: number): Promise<void> {
    this.#draining = true;
    for (const connection of this.#all) connection.announce('draining');
    const deadline = performance.now() + timeoutMs;
    while (performance.now() < deadline && this.#busy) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    for (const connection of [...this.#all]) connection.close(CloseCode.serviceRestart, 'draining');
  }

  /** Stops watching; what is still open is cut. */
  stop(): void {
    this.#draining = true;
    clearInterval(this.#sweep);
    for (const connection of [...this.#all]) connection.terminate();
  }

  get #busy(): boolean {
    for (const connection of this.#all) if (connection.inFlight > 0) return true;
    return false;
  }

  #sweepNow(): void {
    const now = Date.now();
    const { helloTimeoutMs, pingIntervalMs } = this.#parts.settings;
    this.#checker.checkDue(now);
    const probing = now - this.#probedAt >= pingIntervalMs;
    if (probing) this.#probedAt = now;
    for (const connection of [...this.#all]) {
      const { phase } = connection;
      if (phase.kind === 'greeting' && now - connection.openedAt >= helloTimeoutMs) {
        connection.close(CloseCode.policy, 'no hello in time');
      } else if (phase.kind === 'open' && phase.expiresAt <= now) {
        connection.goodbye('session-revoked', CloseCode.policy);
      } else if (probing) {
        if (connection.alive) connection.probe();
        else connection.terminate();
      }
    }
  }
}

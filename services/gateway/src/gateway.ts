import type { Handlers, Resolver, RpcChannel } from '@mpim/mprpc';
import { type GatewayServiceRpcDefinition, MessageServiceRpcDefinition } from '@mpim/protocol';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import { createBackends } from './backends.ts';
import { Connections } from './connections/connections.ts';
import { GatewayMetrics } from './gateway-metrics.ts';
import { PublicServer } from './http/public-server.ts';
import { AddressLimiter } from './limits/address-limiter.ts';
import { watchNewcomers } from './newcomers.ts';
import { PresenceBinder } from './presence/presence-binder.ts';
import { createGatewayHandlers } from './push/gateway-handlers.ts';
import type { GatewaySettings } from './settings.ts';
import { Dispatcher } from './socket/dispatch.ts';

/** How long a client waits for its route before it is let in anyway, ms. */
const BIND_PATIENCE_MS = 1_000;
/** How long a user without a connection stays bound, ms. */
const LINGER_MS = 5_000;
/** How often all routes are bound again, ms. */
const REFRESH_MS = 30_000;
/** When routes are bound again after the registration was lost, ms. */
const REBIND_AFTER_MS = [500, 3_000];

/** What a gateway stands on. */
export interface GatewayParts {
  readonly gatewayId: string;
  readonly settings: GatewaySettings;
  readonly channel: RpcChannel;
  readonly resolver: Resolver;
  readonly metrics: Registry;
  readonly logger: Logger;
}

/** The gateway without the process around it. */
export class Gateway {
  /** The public port. */
  readonly port: number;
  /** What services ask of this gateway. */
  readonly handlers: Handlers<GatewayServiceRpcDefinition>;
  readonly connections: Connections;
  readonly #drainTimeoutMs: number;
  readonly #binder: PresenceBinder;
  readonly #server: PublicServer;
  readonly #stopWatching: () => void;
  readonly #rebinds = new Set<ReturnType<typeof setTimeout>>();
  #stopped: Promise<void> | undefined;

  private constructor(
    parts: GatewayParts,
    connections: Connections,
    binder: PresenceBinder,
    metrics: GatewayMetrics,
    server: PublicServer,
  ) {
    this.port = server.port;
    this.handlers = createGatewayHandlers(connections, metrics);
    this.connections = connections;
    this.#drainTimeoutMs = parts.settings.drainTimeoutMs;
    this.#binder = binder;
    this.#server = server;
    // What the one before had committed and not pushed, the clients fetch.
    this.#stopWatching = watchNewcomers(parts.resolver, MessageServiceRpcDefinition.name, () =>
      connections.resync(),
    );
  }

  /** Listens. @throws GatewayError `LISTEN` when the public address cannot be taken */
  static async start(parts: GatewayParts): Promise<Gateway> {
    const { settings, gatewayId, logger } = parts;
    const backends = createBackends(parts.channel);
    const metrics = new GatewayMetrics(parts.metrics, {
      connections: () => connections.size,
      users: () => connections.registry.users,
    });
    const binder = new PresenceBinder({
      presence: backends.presence,
      resolver: parts.resolver,
      gatewayId,
      deadlineMs: BIND_PATIENCE_MS,
      lingerMs: LINGER_MS,
      refreshMs: REFRESH_MS,
      isOnline: (user) => connections.registry.isOnline(user),
      rebound: (users) => connections.resync(users),
      logger,
    });
    const connections: Connections = new Connections({
      gatewayId,
      settings,
      user: backends.user,
      dispatcher: new Dispatcher(backends, settings.callDeadlineMs, settings.maxTextBytes),
      metrics,
      logger,
      bind: (user) => binder.bind(user, BIND_PATIENCE_MS),
      release: (user) => binder.release(user),
    });
    try {
      const server = await PublicServer.start({
        host: settings.gatewayHost,
        port: settings.gatewayPort,
        webRoot: settings.webRoot,
        allowedOrigins: settings.allowedOrigins,
        maxFrameBytes: settings.maxFrameBytes,
        accounts: {
          user: backends.user,
          limiter: new AddressLimiter(settings.accountsPerSecond, settings.accountBurst),
          deadlineMs: settings.callDeadlineMs,
          metrics,
          logger,
        },
        refusal: () => refusalOf(connections, metrics),
        accept: (socket, codec) => connections.accept(socket, codec),
      });
      return new Gateway(parts, connections, binder, metrics, server);
    } catch (error) {
      binder.close();
      connections.stop();
      throw error;
    }
  }

  /**
   * The registration was lost and is being made again: presence drops routes with it, some time between the end
   * of the old session and now. So they are bound again, and once more for an instance that hears of it late.
   */
  registrationRenewed(): void {
    for (const delayMs of REBIND_AFTER_MS) {
      const timer = setTimeout(() => {
        this.#rebinds.delete(timer);
        this.#binder.bindAllAgain(true);
      }, delayMs);
      this.#rebinds.add(timer);
    }
  }

  /** Takes nothing new, tells the clients, finishes what they asked for, and closes their connections. */
  async drain(): Promise<void> {
    await this.connections.drain(this.#drainTimeoutMs);
    await this.#stopListening();
  }

  /** Ends everything at once. */
  async close(): Promise<void> {
    this.#stopWatching();
    for (const timer of this.#rebinds) clearTimeout(timer);
    this.#binder.close();
    this.connections.stop();
    await this.#stopListening();
  }

  #stopListening(): Promise<void> {
    this.#stopped ??= this.#server.stopListening();
    return this.#stopped;
  }
}

function refusalOf(connections: Connections, metrics: GatewayMetrics): string | undefined {
  if (connections.draining) return 'the gateway is stopping';
  if (!connections.isFull) return undefined;
  metrics.refused('full');
  return 'the gateway is full';
}

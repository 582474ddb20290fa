import type { Resolver, RpcChannel, RpcClient } from '@mpim/mprpc';
import { GatewayServiceRpcDefinition, PresenceServiceRpcDefinition } from '@mpim/protocol';
import type { Logger } from '@mpim/service-kit';
import type { Session } from './session-store.ts';

/** For asking presence and for each gateway, ms: a revoked session is cut within a second of its end. */
const CALL_DEADLINE_MS = 500;

const GATEWAY = GatewayServiceRpcDefinition;

/** Has the gateways close the connections of a revoked session. */
export class ConnectionCloser {
  readonly #resolver: Resolver;
  readonly #presence: RpcClient<typeof PresenceServiceRpcDefinition>;
  readonly #gateways: RpcClient<typeof GatewayServiceRpcDefinition>;
  readonly #logger: Logger;

  constructor(parts: { resolver: Resolver; channel: RpcChannel; logger: Logger }) {
    this.#resolver = parts.resolver;
    this.#presence = parts.channel.client(PresenceServiceRpcDefinition);
    this.#gateways = parts.channel.client(GATEWAY);
    this.#logger = parts.logger;
  }

  /**
   * Asks every gateway that may hold connections of the session; resolves when all have answered or failed. Never
   * throws: the session is revoked whatever happens here, and a failure is logged.
   */
  async close(session: Session): Promise<void> {
    const gateways = await this.#gatewaysOf(session.user);
    await Promise.all(gateways.map((gateway) => this.#closeAt(gateway, session.sessionId)));
  }

  /** Those presence knows of; all of them when it knows none or does not answer, because its routes are soft. */
  async #gatewaysOf(user: string): Promise<readonly string[]> {
    const running = await this.#runningGateways();
    try {
      const { routes } = await this.#presence.queryRoutes(
        { users: [user] },
        { hashKey: user, deadlineMs: CALL_DEADLINE_MS },
      );
      const routed = new Set(routes.map((route) => route.gatewayId));
      const holding = running.filter((gateway) => routed.has(gateway));
      return holding.length > 0 ? holding : running;
    } catch (err) {
      this.#logger.info({ err }, 'presence does not answer: asking every gateway');
      return running;
    }
  }

  async #runningGateways(): Promise<string[]> {
    try {
      const instances = await this.#resolver.resolve(
        GATEWAY.name,
        GATEWAY.methods.closeSession.name,
      );
      return instances.map((instance) => instance.id);
    } catch (err) {
      this.#logger.warn({ err }, 'no gateway can be found to close connections');
      return [];
    }
  }

  async #closeAt(gateway: string, sessionId: string): Promise<void> {
    try {
      await this.#gateways.closeSession(
        { sessionId },
        { instance: gateway, deadlineMs: CALL_DEADLINE_MS },
      );
    } catch (err) {
      this.#logger.warn({ err, gateway, sessionId }, 'a gateway did not close a revoked session');
    }
  }
}

import { GatewayServiceRpcDefinition, MessageServiceRpcDefinition } from '@mpim/protocol';
import { defineService } from '@mpim/service-kit';
import { createBackends } from './backends.ts';
import { Connections } from './connections/connections.ts';
import { GatewayMetrics } from './gateway-metrics.ts';
import { PublicServer } from './http/public-server.ts';
import { AddressLimiter } from './limits/address-limiter.ts';
import { watchNewcomers } from './newcomers.ts';
import { PresenceBinder } from './presence/presence-binder.ts';
import { createGatewayHandlers } from './push/gateway-handlers.ts';
import { gatewaySettings } from './settings.ts';
import { Dispatcher } from './socket/dispatch.ts';

/** How long a client waits for its route before it is let in anyway, ms. */
const BIND_PATIENCE_MS = 1_000;
/** How long a user without a connection stays bound, ms. */
const LINGER_MS = 5_000;
/** How often all routes are bound again, ms. */
const REFRESH_MS = 30_000;

/** The gateway: clients come in here by HTTP and WebSocket, services reach them through `GatewayServiceRpc`. */
export const gatewayService = defineService({
  name: 'gateway',
  settings: gatewaySettings,
  async start({ settings, instanceId, logger, metrics: registry, discovery, channel, provider }) {
    const backends = createBackends(channel);
    const metrics = new GatewayMetrics(registry, {
      connections: () => connections.size,
      users: () => connections.registry.users,
    });
    const binder = new PresenceBinder({
      presence: backends.presence,
      resolver: discovery,
      gatewayId: instanceId,
      deadlineMs: BIND_PATIENCE_MS,
      lingerMs: LINGER_MS,
      refreshMs: REFRESH_MS,
      isOnline: (user) => connections.registry.isOnline(user),
      rebound: (users) => connections.resync(users),
      logger,
    });
    const connections = new Connections({
      gatewayId: instanceId,
      settings,
      user: backends.user,
      dispatcher: new Dispatcher(backends, settings.callDeadlineMs, settings.maxTextBytes),
      metrics,
      logger,
      bind: (user) => binder.bind(user, BIND_PATIENCE_MS),
      release: (user) => binder.release(user),
    });
    const stopWatching = [
      // What the one before had committed and not pushed, the clients fetch.
      watchNewcomers(discovery, MessageServiceRpcDefinition.name, () => connections.resync()),
      watchOwnReturn(discovery, instanceId, () => binder.bindAllAgain(true)),
    ];
    provider.notifyService(
      GatewayServiceRpcDefinition,
      createGatewayHandlers(connections, metrics),
    );
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
      refusal: () => {
        if (connections.draining) return 'the gateway is stopping';
        return connections.isFull ? 'the gateway is full' : undefined;
      },
      accept: (socket, codec) => connections.accept(socket, codec),
    });
    const address = `http://${settings.gatewayHost}:${server.port}`;
    logger.info({ address }, 'clients may come');
    return {
      metadata: { httpPort: String(server.port), address },
      drain: async () => {
        const stopped = server.stopListening();
        await connections.drain(settings.drainTimeoutMs);
        await stopped;
      },
      close: async () => {
        for (const stop of stopWatching) stop();
        binder.close();
        connections.stop();
        await server.stopListening();
      },
    };
  },
});

/** Presence drops a gateway's routes with its registration, so they are bound again when that is back. */
function watchOwnReturn(
  discovery: Parameters<typeof watchNewcomers>[0],
  instanceId: string,
  returned: () => void,
): () => void {
  let here = false;
  return discovery.watch(GatewayServiceRpcDefinition.name, (instances) => {
    const now = instances.some(({ id }) => id === instanceId);
    if (now && !here) returned();
    here = now;
  });
}

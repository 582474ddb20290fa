import { GatewayServiceRpcDefinition, PresenceServiceRpcDefinition } from '@mpim/protocol';
import { commonSettings, defineService } from '@mpim/service-kit';

/** A gateway that only notes which sessions it was told to close. */
export function gatewayService(closed: string[]) {
  return defineService({
    name: 'gateway',
    settings: commonSettings,
    async start({ provider }) {
      provider.notifyService(GatewayServiceRpcDefinition, {
        push: () => ({ delivered: 0 }),
        closeSession: ({ sessionId }) => {
          closed.push(sessionId);
          return { closed: 1 };
        },
      });
      return {};
    },
  });
}

/** A presence that knows the routes it was given. */
export function presenceService(routes: { user: string; gatewayId: string }[]) {
  return defineService({
    name: 'presence',
    settings: commonSettings,
    async start({ provider }) {
      provider.notifyService(PresenceServiceRpcDefinition, {
        bindRoute: () => ({}),
        unbindRoute: () => ({}),
        queryRoutes: ({ users }) => ({
          routes: routes.filter((route) => users.includes(route.user)),
        }),
      });
      return {};
    },
  });
}

import { type Handlers, RpcError } from '@mpim/mprpc';
import type { GatewayServiceRpcDefinition } from '@mpim/protocol';
import type { Connections } from '../connections/connections.ts';
import type { GatewayMetrics } from '../gateway-metrics.ts';

/** What services ask of this gateway. */
export function createGatewayHandlers(
  connections: Connections,
  metrics: GatewayMetrics,
): Handlers<GatewayServiceRpcDefinition> {
  return {
    push({ users, message, exceptConnectionId }) {
      if (message === undefined) {
        throw new RpcError('INVALID_ARGUMENT', 'the push has no message');
      }
      const body = { $case: 'delivery', value: { message } } as const;
      const delivered = connections.push(users, body, exceptConnectionId);
      metrics.pushed(delivered);
      return { delivered };
    },
    closeSession({ sessionId }) {
      return { closed: connections.closeSession(sessionId) };
    },
  };
}

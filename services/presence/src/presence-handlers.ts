import { isInstanceId } from '@mpim/governance';
import type { Handlers } from '@mpim/mprpc';
import { type PresenceServiceRpcDefinition, type Route, USER_PATTERN } from '@mpim/protocol';
import { invalidArgument, resourceExhausted } from '@mpim/service-kit';
import type { GatewayCensus } from './gateways/gateway-census.ts';
import type { RouteTable } from './routes/route-table.ts';

/** No request names more users. */
export const MAX_USERS_PER_REQUEST = 10_000;

const RETRY_AFTER_MS = 5_000;

/** What the handlers work on. */
export interface PresenceHandlerParts {
  readonly table: RouteTable;
  readonly census: GatewayCensus;
  /** Routes kept at most. */
  readonly maxRoutes: number;
}

/** `PresenceServiceRpc`: bind and unbind are idempotent, and all or nothing. */
export function presenceHandlers(
  parts: PresenceHandlerParts,
): Handlers<PresenceServiceRpcDefinition> {
  const { table, census, maxRoutes } = parts;
  return {
    bindRoute({ gatewayId, users }) {
      checkGateway(gatewayId);
      checkUsers(users);
      // Counting what is new costs as much as binding it: only when the table is nearly full.
      if (table.routes + users.length > maxRoutes) {
        const added = new Set(users.filter((user) => !table.has(gatewayId, user))).size;
        if (table.routes + added > maxRoutes) {
          throw resourceExhausted(
            `This presence instance keeps ${maxRoutes} routes at most.`,
            RETRY_AFTER_MS,
          );
        }
      }
      for (const user of users) table.bind(gatewayId, user);
      census.bound(gatewayId);
      return {};
    },
    unbindRoute({ gatewayId, users }) {
      checkGateway(gatewayId);
      checkUsers(users);
      for (const user of users) table.unbind(gatewayId, user);
      return {};
    },
    queryRoutes({ users }) {
      checkUsers(users);
      const routes: Route[] = [];
      for (const user of new Set(users)) {
        for (const gatewayId of table.gatewaysOf(user)) routes.push({ user, gatewayId });
      }
      return { routes };
    },
  };
}

function checkGateway(gatewayId: string): void {
  if (!isInstanceId(gatewayId)) {
    throw invalidArgument(
      'gatewayId',
      'is not an instance id',
      "send the gateway's id in the registry",
    );
  }
}

function checkUsers(users: readonly string[]): void {
  if (users.length > MAX_USERS_PER_REQUEST) {
    throw invalidArgument(
      'users',
      `are more than ${MAX_USERS_PER_REQUEST}`,
      'send them in several requests',
    );
  }
  for (const user of users) {
    if (USER_PATTERN.test(user)) continue;
    throw invalidArgument(
      'users',
      `hold ${JSON.stringify(user.slice(0, 40))}, which is no user id`,
      'send 1 to 32 of a-z 0-9 _ . -',
    );
  }
}

import {
  GatewayServiceRpcDefinition,
  GroupServiceRpcDefinition,
  PresenceServiceRpcDefinition,
  type PushRequest,
  UserServiceRpcDefinition,
} from '@mpim/protocol';
import { commonSettings, defineService } from '@mpim/service-kit';
import type { Town } from './directories.ts';

function unused(): never {
  throw new Error('nobody should call this');
}

/** A user service with the accounts of the town. */
export function userNeighbour(town: Town) {
  return defineService({
    name: 'user',
    settings: commonSettings,
    async start({ provider }) {
      provider.notifyService(UserServiceRpcDefinition, {
        register: unused,
        login: unused,
        logout: unused,
        authenticate: unused,
        findUsers: ({ users }) => ({ users: users.filter((user) => town.users.has(user)) }),
      });
      return {};
    },
  });
}

/** A group service with the groups of the town. */
export function groupNeighbour(town: Town) {
  return defineService({
    name: 'group',
    settings: commonSettings,
    async start({ provider }) {
      provider.notifyService(GroupServiceRpcDefinition, {
        createGroup: unused,
        joinGroup: unused,
        leaveGroup: unused,
        async getMembers({ user, groupId }) {
          const { users, owner } = await town.roster(user, groupId);
          const members = users.map((member) => ({ user: member, role: 'member', joinedAt: 1 }));
          return { members, group: { groupId, name: '', owner, createdAt: 1 } };
        },
        async listGroups({ user }) {
          const memberships = await town.memberships(user);
          return {
            memberships: memberships.map(({ groupId, name, joinedSeq }) => ({
              group: { groupId, name, owner: '', createdAt: 1 },
              joinedSeq,
            })),
          };
        },
      });
      return {};
    },
  });
}

/** A presence service that has everybody of the map on the gateways named there. */
export function presenceNeighbour(routes: ReadonlyMap<string, readonly string[]>) {
  return defineService({
    name: 'presence',
    settings: commonSettings,
    async start({ provider }) {
      provider.notifyService(PresenceServiceRpcDefinition, {
        bindRoute: unused,
        unbindRoute: unused,
        queryRoutes: ({ users }) => ({
          routes: users.flatMap((user) =>
            (routes.get(user) ?? []).map((gatewayId) => ({ user, gatewayId })),
          ),
        }),
      });
      return {};
    },
  });
}

/** A gateway that writes down what it is pushed. */
export function gatewayNeighbour(pushes: PushRequest[]) {
  return defineService({
    name: 'gateway',
    settings: commonSettings,
    async start({ provider }) {
      provider.notifyService(GatewayServiceRpcDefinition, {
        push(request) {
          pushes.push(request);
          return { delivered: request.users.length };
        },
        closeSession: unused,
      });
      return {};
    },
  });
}

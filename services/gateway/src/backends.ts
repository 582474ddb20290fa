import type { RpcChannel, RpcClient } from '@mpim/mprpc';
import {
  GroupServiceRpcDefinition,
  MessageServiceRpcDefinition,
  PresenceServiceRpcDefinition,
  UserServiceRpcDefinition,
} from '@mpim/protocol';

/** The services behind the gateway. */
export interface Backends {
  readonly user: RpcClient<UserServiceRpcDefinition>;
  readonly message: RpcClient<MessageServiceRpcDefinition>;
  readonly group: RpcClient<GroupServiceRpcDefinition>;
  readonly presence: RpcClient<PresenceServiceRpcDefinition>;
}

/** Typed clients of all of them over one channel. */
export function createBackends(channel: RpcChannel): Backends {
  return {
    user: channel.client(UserServiceRpcDefinition),
    message: channel.client(MessageServiceRpcDefinition),
    group: channel.client(GroupServiceRpcDefinition),
    presence: channel.client(PresenceServiceRpcDefinition),
  };
}

import { RpcError } from '@mpim/mprpc';
import {
  type CreateGroupRequest,
  type CreateGroupResponse,
  type GetMembersRequest,
  type GetMembersResponse,
  groupConversationId,
  type JoinGroupRequest,
  type JoinGroupResponse,
  type LeaveGroupRequest,
  type LeaveGroupResponse,
  type ListGroupsRequest,
  type ListGroupsResponse,
} from '@mpim/protocol';
import { checkGroupId, checkName, checkRequestId, checkUser } from './check.ts';
import type { Caller, ReadHead } from './read-head.ts';
import type { GroupStore } from './store/group-store.ts';

/**
 * The methods of GroupServiceRpc; codes and guarantees stand in `proto/mpim/v1/group_service.proto`.
 * `user` in a request is whom the gateway has authenticated.
 */
export class GroupHandlers {
  readonly #store: GroupStore;
  readonly #readHead: ReadHead;

  constructor(store: GroupStore, readHead: ReadHead) {
    this.#store = store;
    this.#readHead = readHead;
  }

  readonly createGroup = async (request: CreateGroupRequest): Promise<CreateGroupResponse> => {
    checkUser(request.user);
    checkRequestId(request.requestId);
    const name = checkName(request.name);
    return { group: await this.#store.create(request.user, name, request.requestId) };
  };

  /** Fails with what `readHead` fails with, and then nobody has joined. */
  readonly joinGroup = async (
    { user, groupId }: JoinGroupRequest,
    caller?: Caller,
  ): Promise<JoinGroupResponse> => {
    checkUser(user);
    checkGroupId(groupId);
    const { group, member } = await this.#store.membership(user, groupId);
    if (member !== undefined) return { group, joinedSeq: member.joined_seq };
    // Before the membership commits: a message sent in between then counts as unread instead of being overlooked.
    const head = await this.#readHead(groupConversationId(groupId), caller);
    return this.#store.join(user, groupId, head);
  };

  readonly leaveGroup = async ({
    user,
    groupId,
  }: LeaveGroupRequest): Promise<LeaveGroupResponse> => {
    checkUser(user);
    checkGroupId(groupId);
    await this.#store.leave(user, groupId);
    return {};
  };

  readonly getMembers = async ({
    user,
    groupId,
  }: GetMembersRequest): Promise<GetMembersResponse> => {
    checkUser(user);
    checkGroupId(groupId);
    const { group, member } = await this.#store.membership(user, groupId);
    if (member === undefined) {
      throw new RpcError('PERMISSION_DENIED', `${user} is not a member of ${groupId}`);
    }
    return { group, members: await this.#store.members(groupId) };
  };

  readonly listGroups = async ({ user }: ListGroupsRequest): Promise<ListGroupsResponse> => {
    checkUser(user);
    return { memberships: await this.#store.list(user) };
  };
}

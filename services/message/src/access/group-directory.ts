import type { RpcClient } from '@mpim/mprpc';
import type { GroupServiceRpcDefinition } from '@mpim/protocol';
import { ask } from './ask.ts';
import type { Caller, GroupDirectory, GroupMembership, Roster } from './directories.ts';

/** Asks the group service each time: somebody who has left must not write or receive a moment later. */
export class RpcGroupDirectory implements GroupDirectory {
  readonly #client: RpcClient<GroupServiceRpcDefinition>;
  readonly #deadlineMs: number;

  constructor(client: RpcClient<GroupServiceRpcDefinition>, deadlineMs: number) {
    this.#client = client;
    this.#deadlineMs = deadlineMs;
  }

  async roster(asUser: string, groupId: string, caller?: Caller): Promise<Roster> {
    const { members, group } = await ask('group', this.#deadlineMs, caller, (options) =>
      this.#client.getMembers({ user: asUser, groupId }, options),
    );
    return { users: members.map((member) => member.user), owner: group?.owner ?? '' };
  }

  async memberships(user: string, caller?: Caller): Promise<readonly GroupMembership[]> {
    const { memberships } = await ask('group', this.#deadlineMs, caller, (options) =>
      this.#client.listGroups({ user }, options),
    );
    return memberships.flatMap(({ group, joinedSeq }) =>
      group === undefined ? [] : [{ groupId: group.groupId, name: group.name, joinedSeq }],
    );
  }
}

import { RpcError } from '@mpim/mprpc';
import type {
  GroupDirectory,
  GroupMembership,
  Roster,
  UserDirectory,
} from '../../src/access/directories.ts';

/** Groups and users in memory, with the answers that the group and the user service give. */
export class Town implements GroupDirectory, UserDirectory {
  readonly groups = new Map<string, { name: string; joinedSeqs: Map<string, number> }>();
  readonly users = new Set<string>();
  /** Set to make every question fail. */
  trouble: Error | undefined;

  /** The first member is the owner. */
  addGroup(groupId: string, members: readonly string[], joinedSeq = 0): void {
    const joinedSeqs = new Map(members.map((member) => [member, joinedSeq]));
    this.groups.set(groupId, { name: `group ${groupId}`, joinedSeqs });
  }

  async exists(user: string): Promise<boolean> {
    if (this.trouble !== undefined) throw this.trouble;
    return this.users.has(user);
  }

  async roster(asUser: string, groupId: string): Promise<Roster> {
    if (this.trouble !== undefined) throw this.trouble;
    const group = this.groups.get(groupId);
    if (group === undefined) throw new RpcError('NOT_FOUND', `there is no group ${groupId}`);
    const users = [...group.joinedSeqs.keys()];
    if (!users.includes(asUser)) {
      throw new RpcError('PERMISSION_DENIED', `${asUser} is not a member of ${groupId}`);
    }
    return { users, owner: users[0] ?? '' };
  }

  async memberships(user: string): Promise<GroupMembership[]> {
    if (this.trouble !== undefined) throw this.trouble;
    return [...this.groups].flatMap(([groupId, { name, joinedSeqs }]) => {
      const joinedSeq = joinedSeqs.get(user);
      return joinedSeq === undefined ? [] : [{ groupId, name, joinedSeq }];
    });
  }
}

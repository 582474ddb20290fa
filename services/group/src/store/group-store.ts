import { RpcError } from '@mpim/mprpc';
import type { Group, Member, Membership } from '@mpim/protocol';
import type { Kysely, Transaction } from 'kysely';
import type { GroupRow, GroupTables, MemberRow } from './schema.ts';

/** How large things may grow. */
export interface GroupLimits {
  readonly membersPerGroup: number;
  readonly groupsPerUser: number;
}

/** What a {@link GroupStore} works with. */
export interface GroupStoreParts {
  readonly db: Kysely<GroupTables>;
  readonly limits: GroupLimits;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly newGroupId: () => string;
}

/** Groups and their members, on disk. A promise that resolves means committed. */
export class GroupStore {
  readonly #db: Kysely<GroupTables>;
  readonly #limits: GroupLimits;
  readonly #now: () => number;
  readonly #newGroupId: () => string;

  constructor({ db, limits, now, newGroupId }: GroupStoreParts) {
    this.#db = db;
    this.#limits = limits;
    this.#now = now;
    this.#newGroupId = newGroupId;
  }

  /**
   * Makes a group with `user` as its owner and only member; the same request gives the same group again.
   * ALREADY_EXISTS when the request id was used for another name.
   */
  create(user: string, name: string, requestId: string): Promise<Group> {
    return this.#db.transaction().execute(async (trx) => {
      const earlier = await findCreated(trx, user, requestId);
      if (earlier !== undefined) {
        if (earlier.name === name) return toGroup(earlier);
        const text = `requestId "${requestId}" was used for the group "${earlier.name}": take a new one`;
        throw new RpcError('ALREADY_EXISTS', text);
      }
      await this.#checkRoomForUser(trx, user);
      const created_at = this.#now();
      const group_id = this.#newGroupId();
      const group = { group_id, name, owner: user, created_at, dissolved_at: null };
      await trx.insertInto('groups').values(group).execute();
      await trx
        .insertInto('group_members')
        .values({ group_id, user_id: user, role: 'owner', joined_at: created_at, joined_seq: 0 })
        .execute();
      await trx
        .insertInto('create_requests')
        .values({ user_id: user, request_id: requestId, group_id })
        .execute();
      return toGroup(group);
    });
  }

  /** A living group as one user is in it: the membership is undefined for anyone else. NOT_FOUND without the group. */
  async membership(
    user: string,
    groupId: string,
  ): Promise<{ group: Group; member: MemberRow | undefined }> {
    const group = await livingGroup(this.#db, groupId);
    return { group: toGroup(group), member: await findMember(this.#db, user, groupId) };
  }

  /**
   * Makes `user` a member. Who is one already keeps the `joinedSeq` of the first time. NOT_FOUND for an unknown group,
   * FAILED_PRECONDITION when the group or the user's list is full.
   */
  join(user: string, groupId: string, joinedSeq: number): Promise<Membership> {
    return this.#db.transaction().execute(async (trx) => {
      const group = await livingGroup(trx, groupId);
      const member = await findMember(trx, user, groupId);
      if (member !== undefined) return { group: toGroup(group), joinedSeq: member.joined_seq };
      if ((await countMembers(trx, groupId)) >= this.#limits.membersPerGroup) {
        const text = `the group is full: it has ${this.#limits.membersPerGroup} members`;
        throw new RpcError('FAILED_PRECONDITION', text);
      }
      await this.#checkRoomForUser(trx, user);
      await trx
        .insertInto('group_members')
        .values({
          group_id: groupId,
          user_id: user,
          role: 'member',
          joined_at: this.#now(),
          joined_seq: joinedSeq,
        })
        .execute();
      return { group: toGroup(group), joinedSeq };
    });
  }

  /**
   * Ends a membership; nothing happens without one. The owner can leave only last (FAILED_PRECONDITION), which ends
   * the group. NOT_FOUND for a group that never was.
   */
  leave(user: string, groupId: string): Promise<void> {
    return this.#db.transaction().execute(async (trx) => {
      const member = await findMember(trx, user, groupId);
      if (member === undefined) {
        if ((await findGroup(trx, groupId)) === undefined) throw notFound(groupId);
        return;
      }
      if (member.role === 'owner') {
        const others = (await countMembers(trx, groupId)) - 1;
        if (others > 0) {
          const text = `the owner can leave only when nobody else is left: ${others} still in ${groupId}`;
          throw new RpcError('FAILED_PRECONDITION', text);
        }
        await trx
          .updateTable('groups')
          .set({ dissolved_at: this.#now() })
          .where('group_id', '=', groupId)
          .execute();
      }
      await trx
        .deleteFrom('group_members')
        .where('group_id', '=', groupId)
        .where('user_id', '=', user)
        .execute();
    });
  }

  /** Everybody in a group, in the order of joining. */
  async members(groupId: string): Promise<Member[]> {
    const rows = await this.#db
      .selectFrom('group_members')
      .select(['user_id', 'role', 'joined_at'])
      .where('group_id', '=', groupId)
      .orderBy('joined_at')
      .orderBy('user_id')
      .execute();
    return rows.map((row) => ({ user: row.user_id, role: row.role, joinedAt: row.joined_at }));
  }

  /** The groups a user is in, the oldest membership first. */
  async list(user: string): Promise<Membership[]> {
    const rows = await this.#db
      .selectFrom('group_members')
      .innerJoin('groups', 'groups.group_id', 'group_members.group_id')
      .selectAll('groups')
      .select('group_members.joined_seq')
      .where('group_members.user_id', '=', user)
      .orderBy('group_members.joined_at')
      .orderBy('groups.group_id')
      .execute();
    return rows.map((row) => ({ group: toGroup(row), joinedSeq: row.joined_seq }));
  }

  async #checkRoomForUser(trx: Transaction<GroupTables>, user: string): Promise<void> {
    const { count } = await trx
      .selectFrom('group_members')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .where('user_id', '=', user)
      .executeTakeFirstOrThrow();
    if (count < this.#limits.groupsPerUser) return;
    const text = `${user} is in ${count} groups, which is the most there can be: leave one first`;
    throw new RpcError('FAILED_PRECONDITION', text);
  }
}

async function findGroup(db: Kysely<GroupTables>, groupId: string): Promise<GroupRow | undefined> {
  return db.selectFrom('groups').selectAll().where('group_id', '=', groupId).executeTakeFirst();
}

async function livingGroup(db: Kysely<GroupTables>, groupId: string): Promise<GroupRow> {
  const group = await findGroup(db, groupId);
  if (group === undefined || group.dissolved_at !== null) throw notFound(groupId);
  return group;
}

async function findMember(
  db: Kysely<GroupTables>,
  user: string,
  groupId: string,
): Promise<MemberRow | undefined> {
  return db
    .selectFrom('group_members')
    .selectAll()
    .where('group_id', '=', groupId)
    .where('user_id', '=', user)
    .executeTakeFirst();
}

async function countMembers(db: Kysely<GroupTables>, groupId: string): Promise<number> {
  const { count } = await db
    .selectFrom('group_members')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('group_id', '=', groupId)
    .executeTakeFirstOrThrow();
  return count;
}

async function findCreated(
  db: Kysely<GroupTables>,
  user: string,
  requestId: string,
): Promise<GroupRow | undefined> {
  return db
    .selectFrom('create_requests')
    .innerJoin('groups', 'groups.group_id', 'create_requests.group_id')
    .selectAll('groups')
    .where('create_requests.user_id', '=', user)
    .where('create_requests.request_id', '=', requestId)
    .executeTakeFirst();
}

function notFound(groupId: string): RpcError {
  return new RpcError('NOT_FOUND', `there is no group ${groupId}`);
}

function toGroup(row: GroupRow): Group {
  return {
    groupId: row.group_id,
    name: row.name,
    owner: row.owner,
    createdAt: row.created_at,
  };
}

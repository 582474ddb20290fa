import type { Migration } from '@mpim/service-kit';
import type { Kysely } from 'kysely';

/** The tables of the group service. Only this service reads or writes them. */
export interface GroupTables {
  groups: GroupRow;
  group_members: MemberRow;
  create_requests: CreateRequestRow;
}

/** A group, also after its last member has left. */
export interface GroupRow {
  group_id: string;
  name: string;
  owner: string;
  /** Unix milliseconds. */
  created_at: number;
  /** Unix milliseconds of the moment its last member left; null while it lives. */
  dissolved_at: number | null;
}

/** Somebody in a living group. */
export interface MemberRow {
  group_id: string;
  user_id: string;
  role: MemberRole;
  /** Unix milliseconds. */
  joined_at: number;
  /** Last seq of the group's conversation just before the user joined. */
  joined_seq: number;
}

/** What a member may do: the owner runs the group, there is exactly one. */
export type MemberRole = 'owner' | 'member';

/** Remembers which group a creation made, so that repeating it makes no second one. */
export interface CreateRequestRow {
  user_id: string;
  request_id: string;
  group_id: string;
}

/** The schema's history, oldest first. Steps are only ever added at the end. */
export const groupMigrations: readonly Migration[] = [{ name: '0001-groups', up: createGroups }];

async function createGroups(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('groups')
    .addColumn('group_id', 'text', (column) => column.notNull().primaryKey())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('owner', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('dissolved_at', 'bigint')
    .execute();
  await db.schema
    .createTable('group_members')
    .addColumn('group_id', 'text', (column) => column.notNull().references('groups.group_id'))
    .addColumn('user_id', 'text', (column) => column.notNull())
    .addColumn('role', 'text', (column) => column.notNull())
    .addColumn('joined_at', 'bigint', (column) => column.notNull())
    .addColumn('joined_seq', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('group_members_pk', ['group_id', 'user_id'])
    .execute();
  await db.schema
    .createIndex('group_members_by_user')
    .on('group_members')
    .columns(['user_id', 'group_id'])
    .execute();
  await db.schema
    .createTable('create_requests')
    .addColumn('user_id', 'text', (column) => column.notNull())
    .addColumn('request_id', 'text', (column) => column.notNull())
    .addColumn('group_id', 'text', (column) => column.notNull().references('groups.group_id'))
    .addPrimaryKeyConstraint('create_requests_pk', ['user_id', 'request_id'])
    .execute();
}

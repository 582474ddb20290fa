import type { Migration } from '@mpim/service-kit';
import type { Kysely } from 'kysely';

/** The tables of the message service. Only this service reads or writes them. */
export interface MessageTables {
  messages: MessageRow;
  conversation_heads: HeadRow;
  direct_members: DirectMemberRow;
  read_positions: ReadPositionRow;
}

/** One message; `(conversation_id, seq)` and `(sender, client_msg_id)` are each unique. */
export interface MessageRow {
  conversation_id: string;
  /** 1, 2, 3 … without a gap in each conversation. */
  seq: number;
  sender: string;
  client_msg_id: string;
  /** Unix milliseconds. */
  server_time: number;
  body: string;
}

/** The last message of a conversation; no row before the first one. */
export interface HeadRow {
  conversation_id: string;
  last_seq: number;
  /** Unix milliseconds of the last message. */
  last_time: number;
}

/** Finds a user's direct conversations; written with the first message. */
export interface DirectMemberRow {
  user_id: string;
  conversation_id: string;
}

/** How far a user has read a conversation, on any device. */
export interface ReadPositionRow {
  user_id: string;
  conversation_id: string;
  read_seq: number;
}

/** The schema's history, oldest first. Steps are only ever added at the end. */
export const messageMigrations: readonly Migration[] = [
  { name: '0001-messages', up: createMessages },
];

async function createMessages(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('messages')
    .addColumn('conversation_id', 'text', (column) => column.notNull())
    .addColumn('seq', 'bigint', (column) => column.notNull())
    .addColumn('sender', 'text', (column) => column.notNull())
    .addColumn('client_msg_id', 'text', (column) => column.notNull())
    .addColumn('server_time', 'bigint', (column) => column.notNull())
    .addColumn('body', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('messages_pk', ['conversation_id', 'seq'])
    .addUniqueConstraint('messages_client_id', ['sender', 'client_msg_id'])
    .execute();
  await db.schema
    .createTable('conversation_heads')
    .addColumn('conversation_id', 'text', (column) => column.notNull().primaryKey())
    .addColumn('last_seq', 'bigint', (column) => column.notNull())
    .addColumn('last_time', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('direct_members')
    .addColumn('user_id', 'text', (column) => column.notNull())
    .addColumn('conversation_id', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('direct_members_pk', ['user_id', 'conversation_id'])
    .execute();
  await db.schema
    .createTable('read_positions')
    .addColumn('user_id', 'text', (column) => column.notNull())
    .addColumn('conversation_id', 'text', (column) => column.notNull())
    .addColumn('read_seq', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('read_positions_pk', ['user_id', 'conversation_id'])
    .execute();
}

import type { Migration } from '@mpim/service-kit';
import { sql } from 'kysely';

/** The tables this service owns; nobody else reads them. Times are Unix milliseconds. */
export interface UserTables {
  users: UserTable;
  sessions: SessionTable;
}

/** One account. */
export interface UserTable {
  /** The handle, folded to lower case; never changes. */
  user_id: string;
  /** PHC string: argon2id with its parameters and salt. */
  password_hash: string;
  created_at: number;
}

/** One login of one device. */
export interface SessionTable {
  session_id: string;
  /** SHA-256 of the token; the token itself is never stored. */
  token_hash: Uint8Array;
  user_id: string;
  device: string;
  created_at: number;
  expires_at: number;
  /** When it was logged out; kept a while so that a repeated logout finds what to close. */
  revoked_at: number | null;
}

/** The schema's history, oldest first. */
export const userMigrations: readonly Migration[] = [
  {
    name: '0001-users-and-sessions',
    async up(db) {
      await sql`
        create table users (
          user_id text primary key,
          password_hash text not null,
          created_at integer not null
        ) strict, without rowid`.execute(db);
      await sql`
        create table sessions (
          session_id text primary key,
          token_hash blob not null unique,
          user_id text not null references users (user_id),
          device text not null,
          created_at integer not null,
          expires_at integer not null,
          revoked_at integer
        ) strict, without rowid`.execute(db);
      await sql`create index sessions_by_user on sessions (user_id)`.execute(db);
      await sql`create index sessions_by_expiry on sessions (expires_at)`.execute(db);
      await sql`
        create index sessions_by_revocation on sessions (revoked_at)
        where revoked_at is not null`.execute(db);
    },
  },
];

import { sql } from 'kysely';
import type { Migration } from '../../src/index.ts';

/** A migration that makes one table with an id. */
export function creates(table: string): Migration {
  return {
    name: `create-${table}`,
    up: async (db) => {
      await sql`create table ${sql.table(table)} (id integer primary key)`.execute(db);
    },
  };
}

import { type Kysely, sql, type Transaction } from 'kysely';
import { ServiceKitError } from '../error.ts';

/**
 * One step of a schema. The list only ever grows at its end: a name that has been applied somewhere is never
 * changed, removed or moved.
 */
export interface Migration {
  /** Unique in its list, e.g. `0001-users`. */
  readonly name: string;
  /** Runs inside a transaction of its own; throwing undoes it. */
  up(db: Kysely<unknown>): Promise<void>;
}

/** Applied migrations, in order. Its name keeps clear of the services' own tables. */
const TABLE = 'schema_migrations';

/**
 * Applies the migrations a database lacks, each in a transaction together with the record of it. Safe when two
 * processes do it at once.
 *
 * @throws ServiceKitError `MIGRATION_FAILED` naming the step, or when the database holds steps this program
 * does not know
 */
export async function migrate(
  db: Kysely<unknown>,
  migrations: readonly Migration[],
): Promise<void> {
  await sql`
    create table if not exists ${sql.table(TABLE)} (
      position integer primary key,
      name text not null unique,
      applied_at integer not null
    )`.execute(db);
  checkKnown(await appliedNames(db), migrations);
  for (const [position, migration] of migrations.entries()) {
    await db.transaction().execute((transaction) => apply(transaction, migration, position));
  }
}

async function apply(
  transaction: Transaction<unknown>,
  migration: Migration,
  position: number,
): Promise<void> {
  if ((await appliedNames(transaction)).includes(migration.name)) return;
  try {
    await migration.up(transaction);
    await sql`
      insert into ${sql.table(TABLE)} (position, name, applied_at)
      values (${position}, ${migration.name}, ${Date.now()})`.execute(transaction);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ServiceKitError(
      'MIGRATION_FAILED',
      `Migration ${migration.name} failed and was undone: ${reason}. The database is as it was before this step.`,
      { cause },
    );
  }
}

async function appliedNames(db: Kysely<unknown>): Promise<string[]> {
  const { rows } = await sql<{
    name: string;
  }>`select name from ${sql.table(TABLE)} order by position`.execute(db);
  return rows.map((row) => row.name);
}

function checkKnown(applied: readonly string[], migrations: readonly Migration[]): void {
  for (const [position, name] of applied.entries()) {
    if (migrations[position]?.name === name) continue;
    throw new ServiceKitError(
      'MIGRATION_FAILED',
      `The database holds migration ${name}, which this program does not know at this place: it was written by another version. Start that version or a newer one.`,
    );
  }
}

import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Kysely, sql } from 'kysely';
import { ServiceKitError } from '../error.ts';
import { prepareDataFolder } from './data-folder.ts';
import { type Migration, migrate } from './migrations.ts';
import { NodeSqliteDialect } from './node-sqlite-dialect.ts';

/** How long a statement waits for another process' write, ms. */
const BUSY_TIMEOUT_MS = 5_000;

/** Where a database lives and what its schema is. */
export interface DatabaseOptions {
  readonly dataDir: string;
  /** The file is `<dataDir>/<name>.db`, created with mode 0600. */
  readonly name: string;
  readonly migrations: readonly Migration[];
}

/**
 * Opens a service's database and applies the migrations it lacks. A commit that has returned survives the
 * process and the machine: WAL with `synchronous=FULL`.
 *
 * @throws ServiceKitError `DATABASE_OPEN` or `MIGRATION_FAILED`
 */
export async function openDatabase<Tables>(options: DatabaseOptions): Promise<Kysely<Tables>> {
  const path = join(prepareDataFolder(options.dataDir), `${options.name}.db`);
  const schema = new Kysely<unknown>({ dialect: new NodeSqliteDialect(() => openFile(path)) });
  try {
    await migrate(schema, options.migrations);
  } finally {
    await schema.destroy();
  }
  const db = new Kysely<Tables>({ dialect: new NodeSqliteDialect(() => openFile(path)) });
  await sql`select 1`.execute(db); // Kysely opens at the first query; a failure belongs to the start.
  return db;
}

function openFile(path: string): DatabaseSync {
  try {
    // SQLite would create the file readable by others; its -wal and -shm take the mode of the file.
    closeSync(openSync(path, 'a', 0o600));
    const database = new DatabaseSync(path, {
      timeout: BUSY_TIMEOUT_MS,
      enableForeignKeyConstraints: true,
    });
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
    return database;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ServiceKitError(
      'DATABASE_OPEN',
      `Cannot open the database ${path}: ${reason}. Check the file's owner and the free space, or choose another folder with --data-dir.`,
      { cause },
    );
  }
}

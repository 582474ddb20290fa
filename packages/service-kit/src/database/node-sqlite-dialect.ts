import type { DatabaseSync } from 'node:sqlite';
import {
  type DatabaseIntrospector,
  type Dialect,
  type DialectAdapter,
  type Driver,
  type Kysely,
  type QueryCompiler,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import { NodeSqliteDriver } from './node-sqlite-driver.ts';

/**
 * Kysely on Node's built-in SQLite.
 *
 * Integers are JavaScript numbers (a value beyond 2^53 throws instead of losing digits), booleans are written as
 * 0 and 1, blobs are `Uint8Array`. Rows have no prototype.
 *
 * @example
 * const db = new Kysely<Tables>({ dialect: new NodeSqliteDialect(() => new DatabaseSync(':memory:')) });
 */
export class NodeSqliteDialect implements Dialect {
  readonly #open: () => DatabaseSync;

  /** @param open called once, at the first query; the driver closes what it gives */
  constructor(open: () => DatabaseSync) {
    this.#open = open;
  }

  createDriver(): Driver {
    return new NodeSqliteDriver(this.#open);
  }

  createQueryCompiler(): QueryCompiler {
    return new SqliteQueryCompiler();
  }

  createAdapter(): DialectAdapter {
    return new SqliteAdapter();
  }

  createIntrospector(db: Kysely<unknown>): DatabaseIntrospector {
    return new SqliteIntrospector(db);
  }
}

import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { waitFor } from './wait-for.ts';

/**
 * A lock between processes of one machine, freed by the system when its holder dies: an exclusive
 * transaction on an empty SQLite file.
 */
export class Lockfile implements AsyncDisposable {
  readonly #database: DatabaseSync;

  private constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** Waits, for ten minutes at most, until nobody else holds the lock of this name. */
  static async acquire(name: string): Promise<Lockfile> {
    const database = new DatabaseSync(join(tmpdir(), `${name}.lock`));
    await waitFor(
      () => {
        database.exec('BEGIN EXCLUSIVE');
        return true;
      },
      { timeoutMs: 600_000, intervalMs: 100, what: `the lock ${name}` },
    );
    return new Lockfile(database);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#database.close();
  }
}

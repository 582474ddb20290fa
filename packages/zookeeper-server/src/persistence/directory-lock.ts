import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { ZooKeeperServerError } from '../errors.ts';

const LOCK_NAME = 'server.lock';
const SQLITE_BUSY = 5;

/**
 * Keeps a second server out of a data directory. The lock is the exclusive transaction of an empty SQLite
 * file: the only lock within Node's reach that the system itself frees when the process dies, however.
 */
export class DirectoryLock {
  readonly #database: DatabaseSync;

  private constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** Throws `ZooKeeperServerError` `DATA_LOCKED` if another server holds it. */
  static acquire(folder: string): DirectoryLock {
    const path = join(folder, LOCK_NAME);
    // Loaded here, because Nodes that call SQLite experimental say so at once, to those who run in memory, too.
    const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
    const database = new DatabaseSync(path);
    try {
      database.exec('BEGIN EXCLUSIVE');
    } catch (cause) {
      database.close();
      if (!isBusy(cause)) throw cause;
      const message = `another server uses ${folder}; stop it, or choose another data directory`;
      throw new ZooKeeperServerError('DATA_LOCKED', message, { path, cause });
    }
    return new DirectoryLock(database);
  }

  release(): void {
    this.#database.close();
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY;
}

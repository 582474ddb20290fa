import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { CommandError } from '../command-error.ts';

/** Who runs on a data directory: the supervisor and what it started. */
export interface RunningPids {
  readonly supervisor: number;
  readonly children: readonly number[];
}

/**
 * Makes sure that one supervisor runs on a data directory. The lock is SQLite's exclusive lock on an empty database:
 * the operating system frees it however its holder ends. Beside it lies a note of the process ids, removed on a clean
 * end; when it is still there, the run before did not end cleanly.
 */
export class InstanceLock implements Disposable {
  readonly #database: DatabaseSync;
  readonly #note: string;
  /** What an earlier run left behind when it was cut short. */
  readonly leftBehind: RunningPids | undefined;

  private constructor(database: DatabaseSync, note: string) {
    this.#database = database;
    this.#note = note;
    this.leftBehind = readNote(note);
  }

  /** Takes the lock. Throws CommandError `ALREADY_RUNNING` when another process holds it. */
  static take(dataDir: string): InstanceLock {
    const note = join(dataDir, 'mpim.pids.json');
    const database = new DatabaseSync(join(dataDir, 'mpim.lock'));
    try {
      database.exec('BEGIN EXCLUSIVE');
    } catch (cause) {
      database.close();
      const holder = readNote(note)?.supervisor;
      throw new CommandError(
        'ALREADY_RUNNING',
        `MPIM is already running on ${dataDir}${holder ? ` (process ${holder})` : ''}. ` +
          'Stop it first (Ctrl-C in its terminal), or give this one a directory of its own: --data-dir DIR, ' +
          'with --gateway-port and --zookeeper-port of its own.',
        { cause },
      );
    }
    return new InstanceLock(database, note);
  }

  /** Writes down who runs now. */
  record(children: readonly number[]): void {
    const pids: RunningPids = { supervisor: process.pid, children };
    writeFileSync(this.#note, `${JSON.stringify(pids)}\n`, { mode: 0o600 });
  }

  /** Frees the data directory after a clean end. */
  release(): void {
    rmSync(this.#note, { force: true });
    this.#database.close();
  }

  [Symbol.dispose](): void {
    this.release();
  }
}

function readNote(path: string): RunningPids | undefined {
  if (!existsSync(path)) return undefined;
  try {
    const { supervisor, children } = JSON.parse(readFileSync(path, 'utf8'));
    const numbers = Array.isArray(children) ? children.filter(Number.isInteger) : [];
    return Number.isInteger(supervisor) ? { supervisor, children: numbers } : undefined;
  } catch {
    // Cut short while it was written: it then says nothing.
    return undefined;
  }
}

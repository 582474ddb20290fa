import type { DiskFile } from '../../src/persistence/disk.ts';
import { SystemDisk } from '../../src/persistence/system-disk.ts';

/**
 * Kills its own process, as `kill -9` does, when told to, instead of the n-th thing that it is asked to do: a write, which is
 * done by half, a new file, a rename, a removal, a sync, a cut, writing again.
 */
export class DyingDisk extends SystemDisk {
  #left = Number.POSITIVE_INFINITY;

  /** From now on so many operations are left. */
  arm(operations: number): void {
    this.#left = operations;
  }

  override async create(path: string, options: { durable: boolean }): Promise<DiskFile> {
    this.#count();
    const file = await super.create(path, options);
    return {
      write: (bytes, position, done) => {
        if (this.#left > 1) {
          this.#left--;
          file.write(bytes, position, done);
        } else file.write(bytes.subarray(0, bytes.length / 2), position, () => this.#count());
      },
      writeNow: (bytes, position) => {
        const isLast = this.#left === 1;
        file.writeNow?.(isLast ? bytes.subarray(0, bytes.length / 2) : bytes, position);
        this.#count();
      },
      sync: () => this.#then(() => file.sync()),
      truncate: (bytes) => this.#then(() => file.truncate(bytes)),
      close: () => file.close(),
    };
  }

  override rename(from: string, to: string): Promise<void> {
    return this.#then(() => super.rename(from, to));
  }

  override remove(path: string): Promise<void> {
    return this.#then(() => super.remove(path));
  }

  override truncate(path: string, bytes: number): Promise<void> {
    return this.#then(() => super.truncate(path, bytes));
  }

  override sync(path: string): Promise<void> {
    return this.#then(() => super.sync(path));
  }

  override rewrite(path: string, bytes: number): Promise<void> {
    return this.#then(() => super.rewrite(path, bytes));
  }

  override syncFolder(path: string): Promise<void> {
    return this.#then(() => super.syncFolder(path));
  }

  #then<T>(go: () => Promise<T>): Promise<T> {
    this.#count();
    return go();
  }

  #count(): void {
    if (--this.#left <= 0) process.kill(process.pid, 'SIGKILL');
  }
}

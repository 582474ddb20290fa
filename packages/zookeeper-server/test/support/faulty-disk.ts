import type { DiskFile, WriteDone } from '../../src/persistence/disk.ts';
import { SystemDisk } from '../../src/persistence/system-disk.ts';

/** A disk on which writes fail, or wait, as long as a test wants. */
export class FaultyDisk extends SystemDisk {
  /** Error code that every write to a log ends with, at the moment. */
  fault: 'ENOSPC' | 'EIO' | null = null;
  /** Whether nothing can be removed. */
  keepsAll = false;
  /** Whether names cannot be made durable. */
  losesNames = false;
  /** Whether writes wait for {@link release}. */
  isHeld = false;
  /** What happens within each write that the program waits for. */
  meanwhile: () => void = () => {};
  /** Bytes of each write of entries, in order. */
  readonly writes: number[] = [];
  /** Of those that the program waited for. */
  readonly inlineWrites: number[] = [];
  /** Paths of the files that were made. */
  readonly created: string[] = [];
  /** Writes that threads of the pool have to do, zeros ahead of the entries included. */
  underWay = 0;
  readonly #held: (() => void)[] = [];

  override async create(path: string, options: { durable: boolean }): Promise<DiskFile> {
    this.created.push(path);
    const file = await super.create(path, options);
    if (!path.includes('log.')) return file;
    return {
      write: (bytes, position, done) => this.#write(file, bytes, position, done),
      writeNow: (bytes, position) => this.#writeNow(file, bytes, position),
      sync: () => file.sync(),
      truncate: (bytes) => file.truncate(bytes),
      close: () => file.close(),
    };
  }

  override async remove(path: string): Promise<void> {
    if (this.keepsAll) throw Object.assign(new Error('injected'), { code: 'EIO' });
    await super.remove(path);
  }

  override async syncFolder(path: string): Promise<void> {
    if (this.losesNames) throw Object.assign(new Error('injected'), { code: 'EIO' });
    await super.syncFolder(path);
  }

  /** Lets the oldest waiting write through. */
  release(): void {
    this.#held.shift()?.();
  }

  get heldCount(): number {
    return this.#held.length;
  }

  #writeNow(file: DiskFile, bytes: Uint8Array, position: number): void {
    this.writes.push(bytes.length);
    this.inlineWrites.push(bytes.length);
    this.meanwhile();
    if (this.fault !== null) throw Object.assign(new Error('injected'), { code: this.fault });
    file.writeNow?.(bytes, position);
  }

  #write(file: DiskFile, bytes: Uint8Array, position: number, done: WriteDone): void {
    // The header and the zeros ahead are written too; entries have a checksum in bytes 4 to 7.
    const isEntries = bytes.length > 16 && bytes.subarray(0, 16).some((byte) => byte !== 0);
    this.underWay++;
    const finish: WriteDone = (error) => {
      this.underWay--;
      done(error);
    };
    const go = (): void => {
      if (this.fault === null) file.write(bytes, position, finish);
      else setImmediate(finish, Object.assign(new Error('injected'), { code: this.fault }));
    };
    if (!isEntries) {
      go();
      return;
    }
    this.writes.push(bytes.length);
    if (this.isHeld) this.#held.push(go);
    else go();
  }
}

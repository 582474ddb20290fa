import type { Disk, DiskFile, DiskReader, FolderLock, WriteDone } from '@mpim/zookeeper-server';
import { ZooKeeperServerError } from '@mpim/zookeeper-server';
import type { Dice } from '../support/dice.ts';
import type { SimulatedProcess, VirtualTime } from './virtual-time.ts';

const SECTOR_BYTES = 512;

/** A write that is not on the platter for sure. */
interface UnsyncedWrite {
  readonly bytes: Buffer;
  readonly position: number;
}

/** A file: what readers see, and what would be left of it. */
class SimulatedFile {
  /** With every write that was made. */
  content: Buffer = Buffer.alloc(0);
  /** With every write that is safe. */
  durable: Buffer = Buffer.alloc(0);
  unsynced: UnsyncedWrite[] = [];

  sync(): void {
    this.durable = Buffer.from(this.content);
    this.unsynced = [];
  }
}

/** A change of a folder, of one or two names at once; undefined takes a name away. */
type NameChange = readonly (readonly [path: string, file: SimulatedFile | undefined])[];

/**
 * A machine's disk. Writes take their time; a power failure takes those that were not synced, or sectors of
 * them, and names of files that were made and removed since their folder was synced.
 */
export class SimulatedDisk {
  /** Ms that an operation takes, at the least and at the most. */
  delayMs: readonly [number, number] = [0.05, 1];
  /** Whether no file can grow. */
  isFull = false;
  readonly #time: VirtualTime;
  readonly #dice: Dice;
  #names = new Map<string, SimulatedFile>();
  #durableNames = new Map<string, SimulatedFile>();
  #unsyncedNames: NameChange[] = [];
  readonly #locks = new Map<string, SimulatedProcess>();

  constructor(time: VirtualTime, dice: Dice) {
    this.#time = time;
    this.#dice = dice;
  }

  /** The disk as a program sees it. */
  for(process: SimulatedProcess): Disk {
    return {
      create: (path, { durable }) =>
        this.#after(process, () => this.#create(process, path, durable)),
      open: (path) => this.#after(process, () => this.#open(process, path)),
      list: (folder) => this.#after(process, () => this.#list(folder)),
      ensureFolder: () => this.#after(process, () => {}),
      syncFolder: () => this.#after(process, () => this.#syncNames()),
      rename: (from, to) => this.#after(process, () => this.#rename(from, to)),
      remove: (path) => this.#after(process, () => this.#change([[path, undefined]])),
      truncate: (path, bytes) => this.#after(process, () => truncate(this.#file(path), bytes)),
      sync: (path) => this.#after(process, () => this.#file(path).sync()),
      lock: (folder) => this.#lock(folder, process),
    };
  }

  /** What is in the files now. */
  contents(): [path: string, content: Buffer][] {
    return [...this.#names].map(([path, { content }]) => [path, content]);
  }

  /** Takes from the disk what a power failure takes. Nobody may be using it. */
  losePower(): void {
    // Changes of folders reach the disk in order.
    const kept = this.#unsyncedNames.slice(0, this.#dice.below(this.#unsyncedNames.length + 1));
    for (const change of kept) apply(change, this.#durableNames);
    this.#unsyncedNames = [];
    this.#names = new Map(this.#durableNames);
    for (const file of new Set(this.#names.values())) {
      let content = file.durable;
      for (const write of file.unsynced) content = this.#torn(content, write);
      file.content = content;
      file.sync();
    }
  }

  /** What is left of a write in disorder: some of its sectors. */
  #torn(content: Buffer, { bytes, position }: UnsyncedWrite): Buffer {
    const fate = this.#dice.below(3);
    if (fate === 0) return content;
    let result = content;
    for (let at = 0; at < bytes.length; ) {
      const end = Math.min(bytes.length, at + SECTOR_BYTES - ((position + at) % SECTOR_BYTES));
      if (fate === 1 || this.#dice.chance(50)) {
        result = written(result, bytes.subarray(at, end), position + at);
      }
      at = end;
    }
    return result;
  }

  #create(process: SimulatedProcess, path: string, durable: boolean): DiskFile {
    const there = this.#names.get(path);
    const file = there ?? new SimulatedFile();
    if (there === undefined) this.#change([[path, file]]);
    else truncate(file, 0);
    return {
      write: (bytes, position, done) =>
        this.#write(process, file, { bytes, position, durable, done }),
      sync: () => this.#after(process, () => file.sync()),
      truncate: (bytes) => this.#after(process, () => truncate(file, bytes)),
      close: () => this.#after(process, () => {}),
    };
  }

  #write(
    process: SimulatedProcess,
    file: SimulatedFile,
    request: { bytes: Uint8Array; position: number; durable: boolean; done: WriteDone },
  ): void {
    const { position, durable, done } = request;
    const bytes = Buffer.from(request.bytes);
    const later = (task: () => void): void => {
      this.#time.after(this.#delay(), () => process.receive(task));
    };
    if (this.isFull && position + bytes.length > file.content.length) {
      later(() => done(Object.assign(new Error('the disk is full'), { code: 'ENOSPC' })));
      return;
    }
    const write = { bytes, position };
    file.content = written(file.content, bytes, position);
    file.unsynced.push(write);
    // The disk does not wait for the program.
    this.#time.after(this.#delay(), () => {
      if (durable && file.unsynced.includes(write)) {
        file.durable = written(file.durable, bytes, position);
        file.unsynced = file.unsynced.filter((each) => each !== write);
      }
      process.receive(() => done(null));
    });
  }

  #open(process: SimulatedProcess, path: string): DiskReader {
    const content = Buffer.from(this.#file(path).content);
    return {
      size: content.length,
      read: (target, offset, length, position) =>
        this.#after(process, () =>
          content.copy(target, offset, position, Math.min(content.length, position + length)),
        ),
      close: () => this.#after(process, () => {}),
    };
  }

  #list(folder: string): string[] {
    const prefix = `${folder}/`;
    return [...this.#names.keys()]
      .filter((path) => path.startsWith(prefix))
      .map((path) => path.slice(prefix.length));
  }

  #rename(from: string, to: string): void {
    this.#change([
      [to, this.#file(from)],
      [from, undefined],
    ]);
  }

  #change(change: NameChange): void {
    apply(change, this.#names);
    this.#unsyncedNames.push(change);
  }

  #syncNames(): void {
    this.#durableNames = new Map(this.#names);
    this.#unsyncedNames = [];
  }

  #file(path: string): SimulatedFile {
    const file = this.#names.get(path);
    if (file === undefined) throw Object.assign(new Error(`no file ${path}`), { code: 'ENOENT' });
    return file;
  }

  #lock(folder: string, process: SimulatedProcess): FolderLock {
    if (this.#locks.get(folder)?.isDead === false) {
      throw new ZooKeeperServerError('DATA_LOCKED', `another server uses ${folder}`);
    }
    this.#locks.set(folder, process);
    return { release: () => void this.#locks.delete(folder) };
  }

  #after<T>(process: SimulatedProcess, task: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#time.after(this.#delay(), () =>
        process.receive(() => {
          try {
            resolve(task());
          } catch (error) {
            reject(error);
          }
        }),
      );
    });
  }

  #delay(): number {
    return this.#dice.between(...this.delayMs);
  }
}

function apply(change: NameChange, names: Map<string, SimulatedFile>): void {
  for (const [path, file] of change) {
    if (file === undefined) names.delete(path);
    else names.set(path, file);
  }
}

/** The content with these bytes put in; zeros fill what was never written. */
function written(content: Buffer, bytes: Uint8Array, position: number): Buffer {
  const end = position + bytes.length;
  let target = content;
  if (end > content.length) {
    target = Buffer.alloc(end);
    content.copy(target);
  }
  target.set(bytes, position);
  return target;
}

function truncate(file: SimulatedFile, bytes: number): void {
  const content = Buffer.alloc(bytes);
  file.content.copy(content);
  file.content = content;
  // As good as synced: what is cut off was never needed.
  file.sync();
}

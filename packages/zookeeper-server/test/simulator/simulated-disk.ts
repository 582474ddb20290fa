import type { Disk, DiskFile, DiskReader, FolderLock, WriteDone } from '@mpim/zookeeper-server';
import { ZooKeeperServerError } from '@mpim/zookeeper-server';
import type { Dice } from '../support/dice.ts';
import { type FileChange, SimulatedFile } from './simulated-file.ts';
import type { SimulatedProcess, VirtualTime } from './virtual-time.ts';

/** Kinds of things that a disk does. */
export type DiskWork = 'read' | 'write' | 'sync' | 'names';

/** A change of a folder, of one or two names at once; undefined takes a name away. */
type NameChange = readonly (readonly [path: string, file: SimulatedFile | undefined])[];

/** Something that the system was asked to do and has not done yet. */
interface Pending {
  readonly process: SimulatedProcess;
  /** Does it, or, of a killed process, as much of it as the system had begun. */
  readonly run: (share: 'all' | 'some') => void;
}

/**
 * A machine's disk. Everything takes its time; what was asked for when a process is killed is done, done by half, or not
 * done. A power failure takes writes that were not synced, or sectors of them, and names of files that were made
 * and removed since their folder was synced. Work can fail, and bits can turn over.
 */
export class SimulatedDisk {
  /** Ms that an operation takes, at the least and at the most. */
  delayMs: readonly [number, number] = [0.05, 1];
  /** Whether no file can grow. */
  isFull = false;
  /** Is called, once, within the next write that a program waits for, which it ends. */
  withinWrite: (() => void) | null = null;
  /** Of a hundred things of a kind so many fail; none unless it says so. */
  readonly failing = new Map<DiskWork, number>();
  /** Writes that programs have waited for, and those that were done beside them. */
  inlineWrites = 0;
  otherWrites = 0;
  readonly #time: VirtualTime;
  readonly #dice: Dice;
  #names = new Map<string, SimulatedFile>();
  #durableNames = new Map<string, SimulatedFile>();
  #unsyncedNames: NameChange[] = [];
  readonly #locks = new Map<string, SimulatedProcess>();
  readonly #pending = new Set<Pending>();

  constructor(time: VirtualTime, dice: Dice) {
    this.#time = time;
    this.#dice = dice;
  }

  /** The disk as a program sees it. */
  for(process: SimulatedProcess): Disk {
    const names = <T>(task: () => T): Promise<T> => this.#after(process, 'names', task);
    return {
      create: (path, { durable }) => names(() => this.#create(process, path, durable)),
      open: (path) => this.#after(process, 'read', () => this.#open(process, path)),
      list: (folder) => this.#after(process, 'read', () => this.#list(folder)),
      ensureFolder: () => names(() => {}),
      syncFolder: () => names(() => this.#syncNames()),
      rename: (from, to) => names(() => this.#rename(from, to)),
      remove: (path) => names(() => this.#change([[path, undefined]])),
      truncate: (path, bytes) => names(() => this.#file(path).change({ kind: 'cut', bytes })),
      sync: (path) => this.#sync(process, () => this.#file(path)),
      rewrite: async (path, bytes) => {
        const again = Buffer.from(this.#file(path).content.subarray(0, bytes));
        await this.#after(process, 'write', () =>
          this.#file(path).change({
            kind: 'write',
            bytes: again,
            position: 0,
          }),
        );
        await this.#sync(process, () => this.#file(path));
      },
      lock: (folder) => this.#lock(folder, process),
    };
  }

  /** What is in the files now. */
  contents(): [path: string, content: Buffer][] {
    return [...this.#names].map(([path, { content }]) => [path, content]);
  }

  /** A process was killed: the system had begun with some of what it was asked to do. */
  killed(process: SimulatedProcess): void {
    for (const pending of [...this.#pending]) {
      if (pending.process !== process) continue;
      this.#pending.delete(pending);
      if (this.#dice.chance(60)) pending.run(this.#dice.chance(50) ? 'all' : 'some');
    }
  }

  /** Takes from the disk what a power failure takes. Nobody may be using it. */
  losePower(): void {
    // Changes of folders reach the disk in order.
    const kept = this.#unsyncedNames.slice(0, this.#dice.below(this.#unsyncedNames.length + 1));
    for (const change of kept) apply(change, this.#durableNames);
    this.#unsyncedNames = [];
    this.#names = new Map(this.#durableNames);
    for (const file of new Set(this.#names.values())) file.losePower(this.#dice);
  }

  /** Turns a bit over in one of the files; null if there is none with anything in it. */
  rot(): { path: string; undo: () => void } | null {
    const files = [...this.#names].filter(([, { content }]) => content.length > 0);
    const [path, file] = this.#dice.any(files) ?? [];
    if (path === undefined || file === undefined) return null;
    // Most of a log is zeros, about which there is little to tell.
    const end = file.content.findLastIndex((byte) => byte !== 0) + 1;
    const offset = this.#dice.below(Math.min(file.content.length, end + 20));
    const bit = this.#dice.below(8);
    file.flip(offset, bit);
    return { path, undo: () => file.flip(offset, bit) };
  }

  #create(process: SimulatedProcess, path: string, durable: boolean): DiskFile {
    const there = this.#names.get(path);
    const file = there ?? new SimulatedFile();
    if (there === undefined) this.#change([[path, file]]);
    else file.change({ kind: 'cut', bytes: 0 });
    return {
      write: (bytes, position, done) =>
        this.#write(process, file, { bytes, position, durable, done }),
      writeNow: (bytes, position) => this.#writeNow(process, file, { bytes, position, durable }),
      sync: () => this.#sync(process, () => file),
      truncate: (bytes) => this.#after(process, 'names', () => file.change({ kind: 'cut', bytes })),
      close: () => this.#after(process, null, () => {}),
    };
  }

  /** The program waits, and nothing else happens in it meanwhile. */
  #writeNow(
    process: SimulatedProcess,
    file: SimulatedFile,
    { bytes, position, durable }: { bytes: Uint8Array; position: number; durable: boolean },
  ): void {
    const part = (length: number): FileChange => {
      return {
        kind: 'write',
        bytes: Buffer.from(bytes.subarray(0, Math.max(0, length))),
        position,
      };
    };
    if (process.isDead) return;
    const { withinWrite } = this;
    if (withinWrite !== null) {
      this.withinWrite = null;
      file.change(part(this.#dice.below(bytes.length + 1)));
      withinWrite();
      return;
    }
    process.block(this.#delay());
    if (this.isFull && position + bytes.length > file.content.length) {
      file.change(part(file.content.length - position));
      throw Object.assign(new Error('injected ENOSPC'), { code: 'ENOSPC' });
    }
    if (this.#fails('write')) {
      file.failed(part(this.#dice.below(bytes.length + 1)));
      throw ioError();
    }
    const write = part(bytes.length);
    file.change(write);
    if (durable) file.settled(write);
    this.inlineWrites++;
  }

  #write(
    process: SimulatedProcess,
    file: SimulatedFile,
    request: { bytes: Uint8Array; position: number; durable: boolean; done: WriteDone },
  ): void {
    const { position, durable, done } = request;
    const bytes = Buffer.from(request.bytes);
    const part = (length: number): FileChange => {
      return { kind: 'write', bytes: bytes.subarray(0, Math.max(0, length)), position };
    };
    const fail = (code: string): void => {
      const error = Object.assign(new Error(`injected ${code}`), { code });
      this.#time.after(this.#delay(), () => process.receive(() => done(error)));
    };
    // Readers see it soon, unless other work comes first.
    const delay = this.#delay();
    const soon = this.#dice.chance(75) ? Math.min(delay, 0.05) : this.#dice.between(0, delay);
    this.#later(process, soon, (share) => {
      if (share === 'some') {
        file.change(part(this.#dice.below(bytes.length + 1)));
        return;
      }
      if (this.isFull && position + bytes.length > file.content.length) {
        // What fits into the blocks that are there is written.
        file.change(part(Math.min(bytes.length, file.content.length - position)));
        fail('ENOSPC');
        return;
      }
      if (this.#fails('write')) {
        file.failed(part(this.#dice.below(bytes.length + 1)));
        fail('EIO');
        return;
      }
      const write = part(bytes.length);
      file.change(write);
      this.otherWrites++;
      // The disk does not wait for the program.
      this.#time.after(delay - soon, () => {
        if (durable) file.settled(write);
        process.receive(() => done(null));
      });
    });
  }

  #sync(process: SimulatedProcess, find: () => SimulatedFile): Promise<void> {
    return this.#after(process, null, () => {
      const file = find();
      if (!this.#fails('sync')) {
        file.sync();
        return;
      }
      file.failSync(this.#dice);
      throw ioError();
    });
  }

  #open(process: SimulatedProcess, path: string): DiskReader {
    const content = Buffer.from(this.#file(path).content);
    return {
      size: content.length,
      read: (target, offset, length, position) =>
        this.#after(process, 'read', () =>
          content.copy(target, offset, position, Math.min(content.length, position + length)),
        ),
      close: () => this.#after(process, null, () => {}),
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

  /** Does something, or fails to, when its time has come; the program hears of it when it can. */
  #after<T>(process: SimulatedProcess, work: DiskWork | null, task: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#later(process, this.#delay(), () => {
        try {
          if (work !== null && this.#fails(work)) throw ioError();
          const result = task();
          process.receive(() => resolve(result));
        } catch (error) {
          process.receive(() => reject(error));
        }
      });
    });
  }

  #later(process: SimulatedProcess, delayMs: number, run: Pending['run']): void {
    // What a process does behind the call within which it was killed does not happen.
    if (process.isDead) return;
    const pending = { process, run };
    this.#pending.add(pending);
    this.#time.after(delayMs, () => {
      if (this.#pending.delete(pending)) run('all');
    });
  }

  #fails(work: DiskWork): boolean {
    const percent = this.failing.get(work) ?? 0;
    return percent > 0 && this.#dice.chance(percent);
  }

  #delay(): number {
    return this.#dice.between(...this.delayMs);
  }
}

function ioError(): Error {
  return Object.assign(new Error('injected EIO'), { code: 'EIO' });
}

function apply(change: NameChange, names: Map<string, SimulatedFile>): void {
  for (const [path, file] of change) {
    if (file === undefined) names.delete(path);
    else names.set(path, file);
  }
}

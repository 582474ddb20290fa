import { close, constants, fdatasync, fsync, ftruncate, open as openFile, write } from 'node:fs';
import { promisify } from 'node:util';

/** Called when a write is done, or has failed. */
export type WriteDone = (error: NodeJS.ErrnoException | null) => void;

/** A file that is being written. */
export interface DiskFile {
  /** Writes bytes at an offset; they are durable, if the file was opened so, when `done` is called. */
  write(bytes: Uint8Array, position: number, done: WriteDone): void;
  /** Makes everything written durable, the length included. */
  sync(): Promise<void>;
  /** Cuts the file, or makes it longer. */
  truncate(bytes: number): Promise<void>;
  close(): Promise<void>;
}

/** Where logs and snapshots are written to, so that tests can make it fail. */
export interface Disk {
  /** Makes an empty file, in place of what may be there. `durable`: no write is done before it is on disk. */
  create(path: string, options: { durable: boolean }): Promise<DiskFile>;
}

const openAsync = promisify(openFile);
const closeAsync = promisify(close);
const fsyncAsync = promisify(fsync);
const ftruncateAsync = promisify(ftruncate);

// One system call instead of two; elsewhere the flag is missing or means less than a sync.
const SYNC_FLAG = process.platform === 'linux' ? constants.O_DSYNC : 0;

/** The machine's own file system. */
export const systemDisk: Disk = {
  async create(path, { durable }) {
    const { O_CREAT, O_TRUNC, O_WRONLY } = constants;
    const flags = O_CREAT | O_TRUNC | O_WRONLY | (durable ? SYNC_FLAG : 0);
    return new SystemFile(await openAsync(path, flags, 0o644), durable && SYNC_FLAG === 0);
  },
};

class SystemFile implements DiskFile {
  readonly #fd: number;
  readonly #syncAfterWrite: boolean;

  constructor(fd: number, syncAfterWrite: boolean) {
    this.#fd = fd;
    this.#syncAfterWrite = syncAfterWrite;
  }

  write(bytes: Uint8Array, position: number, done: WriteDone): void {
    write(this.#fd, bytes, 0, bytes.length, position, (error, written) => {
      if (error !== null) done(error);
      else if (written < bytes.length)
        this.write(bytes.subarray(written), position + written, done);
      else if (this.#syncAfterWrite) fdatasync(this.#fd, done);
      else done(null);
    });
  }

  sync(): Promise<void> {
    return fsyncAsync(this.#fd);
  }

  truncate(bytes: number): Promise<void> {
    return ftruncateAsync(this.#fd, bytes);
  }

  close(): Promise<void> {
    return closeAsync(this.#fd);
  }
}

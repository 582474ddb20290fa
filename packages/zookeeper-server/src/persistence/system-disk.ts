import {
  close,
  constants,
  fdatasync,
  fdatasyncSync,
  fsync,
  ftruncate,
  open as openFile,
  write,
  writeSync,
} from 'node:fs';
import {
  type FileHandle,
  mkdir,
  open,
  readdir,
  rename,
  rm,
  stat,
  truncate,
} from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { promisify } from 'node:util';
import { DirectoryLock } from './directory-lock.ts';
import type { Disk, DiskFile, DiskReader, FolderLock, WriteDone } from './disk.ts';

const openAsync = promisify(openFile);
const closeAsync = promisify(close);
const fsyncAsync = promisify(fsync);
const ftruncateAsync = promisify(ftruncate);

// One system call instead of two; elsewhere the flag is missing or means less than a sync.
const SYNC_FLAG = process.platform === 'linux' ? constants.O_DSYNC : 0;

const REWRITE_BYTES = 1 << 20;

/** The machine's own file system. */
export class SystemDisk implements Disk {
  async create(path: string, { durable }: { durable: boolean }): Promise<DiskFile> {
    const { O_CREAT, O_TRUNC, O_WRONLY } = constants;
    const flags = O_CREAT | O_TRUNC | O_WRONLY | (durable ? SYNC_FLAG : 0);
    return new SystemFile(await openAsync(path, flags, 0o644), durable && SYNC_FLAG === 0);
  }

  async open(path: string): Promise<DiskReader> {
    const handle = await open(path, 'r');
    try {
      return new SystemReader(handle, (await handle.stat()).size);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  list(folder: string): Promise<string[]> {
    return readdir(folder);
  }

  ensureFolder(path: string): Promise<void> {
    return makeFolder(resolve(path));
  }

  async syncFolder(path: string): Promise<void> {
    // There a folder cannot be opened, and needs no sync.
    if (process.platform !== 'win32') await syncPath(path, 'r');
  }

  sync(path: string): Promise<void> {
    return syncPath(path, 'r+');
  }

  async rewrite(path: string, bytes: number): Promise<void> {
    const handle = await open(path, 'r+');
    try {
      const chunk = Buffer.allocUnsafe(Math.min(bytes, REWRITE_BYTES));
      for (let at = 0; at < bytes; ) {
        const { bytesRead } = await handle.read(chunk, 0, Math.min(chunk.length, bytes - at), at);
        if (bytesRead === 0) break;
        for (let done = 0; done < bytesRead; ) {
          done += (await handle.write(chunk, done, bytesRead - done, at + done)).bytesWritten;
        }
        at += bytesRead;
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  rename(from: string, to: string): Promise<void> {
    return rename(from, to);
  }

  remove(path: string): Promise<void> {
    return rm(path, { force: true });
  }

  truncate(path: string, bytes: number): Promise<void> {
    return truncate(path, bytes);
  }

  lock(folder: string): FolderLock {
    return DirectoryLock.acquire(folder);
  }
}

/**
 * With all those above it. One by one: Node's own recursive mkdir never returns where the file system says that a folder cannot
 * be made below one that exists, as /proc does.
 */
async function makeFolder(path: string): Promise<void> {
  const found = await stat(path).catch(() => null);
  if (found?.isDirectory() === true) return;
  const parent = dirname(path);
  if (parent !== path) await makeFolder(parent);
  await mkdir(path).catch((error: NodeJS.ErrnoException) => {
    // Somebody else may have made it; whether it is a folder is seen by what goes into it.
    if (error.code !== 'EEXIST') throw error;
  });
}

async function syncPath(path: string, flags: 'r' | 'r+'): Promise<void> {
  const handle = await open(path, flags);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The one that servers use unless told otherwise. */
export const systemDisk: Disk = new SystemDisk();

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

  writeNow(bytes: Uint8Array, position: number): void {
    for (let done = 0; done < bytes.length; ) {
      done += writeSync(this.#fd, bytes, done, bytes.length - done, position + done);
    }
    if (this.#syncAfterWrite) fdatasyncSync(this.#fd);
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

class SystemReader implements DiskReader {
  readonly size: number;
  readonly #handle: FileHandle;

  constructor(handle: FileHandle, size: number) {
    this.#handle = handle;
    this.size = size;
  }

  async read(target: Buffer, offset: number, length: number, position: number): Promise<number> {
    const { bytesRead } = await this.#handle.read(target, offset, length, position);
    return bytesRead;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

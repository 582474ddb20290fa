/** Called when a write is done, or has failed. */
export type WriteDone = (error: NodeJS.ErrnoException | null) => void;

/** A file that is being written. */
export interface DiskFile {
  /** Writes bytes at an offset; they are durable, if the file was opened so, when `done` is called. */
  write(bytes: Uint8Array, position: number, done: WriteDone): void;
  /**
   * Does the same before it returns, so that the whole program waits; throws what {@link write} would report. Only {@link write}
   * is used of a file that has no such method.
   */
  writeNow?(bytes: Uint8Array, position: number): void;
  /** Makes everything written durable, the length included. */
  sync(): Promise<void>;
  /** Cuts the file, or makes it longer. */
  truncate(bytes: number): Promise<void>;
  close(): Promise<void>;
}

/** A file that is being read. */
export interface DiskReader {
  /** Bytes when it was opened. */
  readonly size: number;
  /** Reads up to `length` bytes of the file from `position` on to `offset` in `target`; tells how many, 0 at the end. */
  read(target: Buffer, offset: number, length: number, position: number): Promise<number>;
  close(): Promise<void>;
}

/** A folder that no other server can have. */
export interface FolderLock {
  release(): void;
}

/** Where logs and snapshots are kept: the machine's file system, or one that a test or a simulator makes fail. */
export interface Disk {
  /** Makes an empty file, in place of what may be there. `durable`: no write is done before it is on disk. */
  create(path: string, options: { durable: boolean }): Promise<DiskFile>;
  /** Opens a file for reading. */
  open(path: string): Promise<DiskReader>;
  /** Names in a folder, in no order. */
  list(folder: string): Promise<string[]>;
  /** Makes a folder, its parents too, unless it is there. */
  ensureFolder(path: string): Promise<void>;
  /** Makes new and removed names in a folder durable. */
  syncFolder(path: string): Promise<void>;
  /** Gives a file another name in its folder, in place of what may have it. */
  rename(from: string, to: string): Promise<void>;
  /** Removes a file, if it is there. */
  remove(path: string): Promise<void>;
  /** Cuts a file that nobody writes. */
  truncate(path: string, bytes: number): Promise<void>;
  /** Makes all that is in a file durable, its length included, whoever has written it. */
  sync(path: string): Promise<void>;
  /**
   * Writes the first `bytes` of a file once more, as they are read, and makes them durable: after a write that failed
   * the system may show what is not on the disk, and take it for written, so that a sync alone would not do.
   */
  rewrite(path: string, bytes: number): Promise<void>;
  /** Takes a folder for this process; throws `ZooKeeperServerError` `DATA_LOCKED` if another one has it. */
  lock(folder: string): FolderLock;
}

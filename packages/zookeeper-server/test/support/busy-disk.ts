import type { DiskFile } from '../../src/persistence/disk.ts';
import { SystemDisk } from '../../src/persistence/system-disk.ts';

/** A disk that takes its time: something else happens before each file is made and each write is done. */
export class BusyDisk extends SystemDisk {
  writes = 0;
  readonly #meanwhile: () => void;
  readonly #part: string;

  /** `part`: only files with this in their path take time. */
  constructor(meanwhile: () => void, part = '') {
    super();
    this.#meanwhile = meanwhile;
    this.#part = part;
  }

  override async create(path: string, options: { durable: boolean }): Promise<DiskFile> {
    const file = await super.create(path, options);
    if (!path.includes(this.#part)) return file;
    this.#meanwhile();
    return {
      write: (bytes, position, done) => {
        this.writes++;
        file.write(bytes, position, (error) => {
          this.#meanwhile();
          done(error);
        });
      },
      sync: () => file.sync(),
      truncate: (bytes) => file.truncate(bytes),
      close: () => file.close(),
    };
  }
}

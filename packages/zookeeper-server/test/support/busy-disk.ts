import { type Disk, type DiskFile, systemDisk } from '../../src/persistence/disk.ts';

/** A disk that takes its time: something else happens before each write is done. */
export class BusyDisk implements Disk {
  writes = 0;
  readonly #meanwhile: () => void;

  constructor(meanwhile: () => void) {
    this.#meanwhile = meanwhile;
  }

  async create(path: string, options: { durable: boolean }): Promise<DiskFile> {
    const file = await systemDisk.create(path, options);
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

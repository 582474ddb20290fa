import { cp, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type TemporaryFolder, temporaryFolder, waitFor } from '@mpim/testkit';
import { ZooKeeperServer } from '@mpim/zookeeper-server';
import type { Disk } from '../../src/persistence/disk.ts';
import { type Recovered, recover } from '../../src/persistence/recover.ts';
import { systemDisk } from '../../src/persistence/system-disk.ts';
import { DataTree } from '../../src/tree/data-tree.ts';
import { WatchManager } from '../../src/watch/watch-manager.ts';
import { Dice } from './dice.ts';
import { RawClient } from './raw-client.ts';
import { RecordingLogger } from './recording-logger.ts';
import { drawRequest } from './requests/draw-request.ts';
import { RequestWords } from './requests/request-words.ts';

/** A tree as a data directory gives it. */
export interface Opened extends Recovered {
  readonly tree: DataTree;
  readonly logger: RecordingLogger;
}

/** The data directory of a server that has ended, to be damaged: `version-2` of it. */
export class SampleDirectory implements AsyncDisposable {
  readonly #folder: TemporaryFolder;

  private constructor(folder: TemporaryFolder) {
    this.#folder = folder;
  }

  /** Runs a server through so many random requests. A small `snapCount` gives several logs and snapshots. */
  static async make(options: { requests: number; snapCount?: number }): Promise<SampleDirectory> {
    const folder = await temporaryFolder('sample');
    const logger = new RecordingLogger();
    await using server = await ZooKeeperServer.start({
      dataDir: folder.path,
      snapCount: options.snapCount ?? 1_000_000,
      logger,
      extendedTypes: true,
    });
    using client = await RawClient.open(server.port, { timeoutMs: 40_000 });
    const words = new RequestWords(new Dice(9));
    for (let i = 0; i < options.requests; i++) {
      const { op, write } = drawRequest(words);
      await client.request(op, write);
    }
    if (options.snapCount !== undefined) {
      await waitFor(() => logger.infos.includes('snapshot written'));
    }
    return new SampleDirectory(folder);
  }

  get path(): string {
    return join(this.#folder.path, 'version-2');
  }

  /** The files whose names begin so, in the order of their zxids. */
  async files(prefix: 'log.' | 'snapshot.'): Promise<string[]> {
    const names = (await readdir(this.path)).filter((name) => name.startsWith(prefix));
    const zxidOf = (name: string) => Number.parseInt(name.slice(prefix.length), 16);
    return names.sort((a, b) => zxidOf(a) - zxidOf(b)).map((name) => join(this.path, name));
  }

  async copy(): Promise<SampleDirectory> {
    const folder = await temporaryFolder('sample');
    await cp(this.#folder.path, folder.path, { recursive: true });
    return new SampleDirectory(folder);
  }

  /** Reads it as a server does that starts. */
  async open(disk: Disk = systemDisk): Promise<Opened> {
    const logger = new RecordingLogger();
    const tree = new DataTree(new WatchManager(), 0n, { digest: true });
    const folders = { snapshots: this.path, logs: this.path };
    return { ...(await recover(folders, tree, { disk, logger })), tree, logger };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#folder[Symbol.asyncDispose]();
  }
}

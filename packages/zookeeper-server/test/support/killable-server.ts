import { join } from 'node:path';
import { type Child, startChild, type TemporaryFolder, temporaryFolder } from '@mpim/testkit';

const MAIN = join(import.meta.dirname, 'durable-server-main.ts');

/** Our durable server in a process of its own, on a folder that outlives it. */
export class KillableOwnServer implements AsyncDisposable {
  port: number;
  readonly #folder: TemporaryFolder;
  #child: Child;

  private constructor(folder: TemporaryFolder, child: Child, port: number) {
    this.#folder = folder;
    this.#child = child;
    this.port = port;
  }

  static async start(): Promise<KillableOwnServer> {
    const folder = await temporaryFolder('killable');
    const child = launch(folder);
    return new KillableOwnServer(folder, child, await portOf(child));
  }

  get connectString(): string {
    return `127.0.0.1:${this.port}`;
  }

  async killAndRestart(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#child.exit;
    this.#child = launch(this.#folder);
    this.port = await portOf(this.#child);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child[Symbol.asyncDispose]();
    await this.#folder[Symbol.asyncDispose]();
  }
}

function launch(folder: TemporaryFolder): Child {
  const node = [process.execPath, '--disable-warning=ExperimentalWarning'] as const;
  return startChild(node[0], [node[1], MAIN, folder.path]);
}

async function portOf(child: Child): Promise<number> {
  return Number((await child.waitForLine(/^ready \d+$/)).split(' ')[1]);
}

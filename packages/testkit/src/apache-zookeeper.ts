import { mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { type Child, startChild } from './child.ts';
import { freePort } from './free-port.ts';
import { type TemporaryFolder, temporaryFolder } from './temporary-folder.ts';
import { waitFor } from './wait-for.ts';

/** Lines added to `zoo.cfg`, e.g. `{ tickTime: 500 }`. */
export type ApacheSettings = Record<string, string | number | boolean>;

/**
 * A real, standalone Apache ZooKeeper of Debian's package `zookeeper`, on a port and in a folder of its own.
 * Check {@link missingDebianPackage}('zookeeper') first.
 *
 * @example await using zk = await ApacheZooKeeper.start();
 */
export class ApacheZooKeeper implements AsyncDisposable {
  readonly port: number;
  readonly #folder: TemporaryFolder;
  #child: Child;

  private constructor(port: number, folder: TemporaryFolder, child: Child) {
    this.port = port;
    this.#folder = folder;
    this.#child = child;
  }

  /** Starts it and waits until it serves. */
  static async start(settings: ApacheSettings = {}): Promise<ApacheZooKeeper> {
    const folder = await temporaryFolder('apache-zookeeper');
    const port = await freePort();
    const lines = {
      tickTime: 500,
      dataDir: join(folder.path, 'data'),
      clientPort: port,
      clientPortAddress: '127.0.0.1',
      'admin.enableServer': false,
      '4lw.commands.whitelist': '*',
      maxClientCnxns: 0,
      ...settings,
    };
    await mkdir(lines.dataDir);
    const text = Object.entries(lines).map(([key, value]) => `${key}=${value}\n`);
    await writeFile(join(folder.path, 'zoo.cfg'), text.join(''));
    const server = new ApacheZooKeeper(port, folder, launch(folder.path));
    await server.#serving();
    return server;
  }

  get connectString(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Stalls it: sockets stay open and nothing answers. */
  pause(): void {
    this.#child.kill('SIGSTOP');
  }

  resume(): void {
    this.#child.kill('SIGCONT');
  }

  /** Ends it without warning. Its data stay for {@link restart}. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#child.exit;
  }

  /** Starts it again on the same port and data. */
  async restart(): Promise<void> {
    await this.kill();
    this.#child = launch(this.#folder.path);
    await this.#serving();
  }

  async stop(): Promise<void> {
    await this.#child[Symbol.asyncDispose]();
    await this.#folder[Symbol.asyncDispose]();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #serving(): Promise<void> {
    await waitFor(
      async () => {
        if (!this.#child.running) return true;
        return (await fourLetterWord(this.port, 'srvr')).includes('Mode:');
      },
      { timeoutMs: 30_000, intervalMs: 50, what: 'Apache ZooKeeper to serve' },
    );
    if (!this.#child.running) throw new Error(`Apache ZooKeeper ended:\n${this.#child.output()}`);
  }
}

/** Sends one of ZooKeeper's four-letter words and returns the whole answer. */
export function fourLetterWord(port: number, word: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(word));
    let answer = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      answer += chunk;
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
  });
}

function launch(folder: string): Child {
  return startChild('java', [
    '-Xmx256m',
    '-Dzookeeper.extendedTypesEnabled=true',
    '-Dzookeeper.DigestAuthenticationProvider.superDigest=super:D/InIHSb7yEEbrWz8b9l71RjZJU=',
    '-cp',
    `${folder}:/usr/share/java/zookeeper.jar`,
    'org.apache.zookeeper.server.quorum.QuorumPeerMain',
    join(folder, 'zoo.cfg'),
  ]);
}

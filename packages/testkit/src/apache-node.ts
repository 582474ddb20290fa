import { cp, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Child, startChild } from './child.ts';
import { fourLetterWord } from './four-letter-word.ts';
import { type TemporaryFolder, temporaryFolder } from './temporary-folder.ts';
import { waitFor } from './wait-for.ts';

/** Lines added to `zoo.cfg`, e.g. `{ tickTime: 500 }`. */
export type ApacheSettings = Record<string, string | number | boolean>;

/**
 * What a server is at the moment; `undefined` while it does not serve, or is not running. `read-only`: cut off from
 * its quorum, with `-Dreadonlymode.enabled=true`.
 */
export type ApacheMode = 'standalone' | 'leader' | 'follower' | 'read-only' | undefined;

/** What an {@link ApacheNode} is made from. */
export interface ApacheNodeOptions {
  port: number;
  settings?: ApacheSettings;
  /** The number of a server that is one of an ensemble. */
  id?: number;
  /** Options of the JVM, e.g. `['-Xmx1g']`. */
  java?: readonly string[];
  /** A data directory to begin with a copy of: {@link ApacheNode.dataDir} of a server that does not run. */
  dataFrom?: string;
}

/** One JVM with a server of Debian's package `zookeeper`, its data in a folder of its own. */
export class ApacheNode implements AsyncDisposable {
  readonly port: number;
  readonly #folder: TemporaryFolder;
  readonly #java: readonly string[];
  #child: Child;

  protected constructor(port: number, folder: TemporaryFolder, java: readonly string[]) {
    this.port = port;
    this.#folder = folder;
    this.#java = java;
    this.#child = launch(folder.path, java);
  }

  /** Starts the process and does not wait for it to serve: one of an ensemble needs the others for that. */
  static async launch(options: ApacheNodeOptions): Promise<ApacheNode> {
    return new ApacheNode(options.port, await prepare(options), options.java ?? DEFAULT_JAVA);
  }

  get connectString(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Where its snapshots and logs are. */
  get dataDir(): string {
    return dataDirIn(this.#folder);
  }

  get running(): boolean {
    return this.#child.running;
  }

  /** Of the process that runs now; another one after a {@link restart}. */
  get pid(): number {
    return this.#child.pid;
  }

  /** What it is now, as it says itself; a stalled one counts as not serving. */
  async mode(): Promise<ApacheMode> {
    const answer = await fourLetterWord(this.port, 'srvr', 500).catch(() => '');
    return /^Mode: (standalone|leader|follower|read-only)$/m.exec(answer)?.[1] as ApacheMode;
  }

  /** Stalls it: sockets stay open and nothing answers. */
  pause(): void {
    this.#child.kill('SIGSTOP');
  }

  resume(): void {
    this.#child.kill('SIGCONT');
  }

  /** Ends it without warning. Its data stay for {@link relaunch} and {@link restart}. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#child.exit;
  }

  /** Starts it again on the same port and data, and does not wait for it to serve. */
  async relaunch(): Promise<void> {
    await this.kill();
    this.#child = launch(this.#folder.path, this.#java);
  }

  /** Starts it again on the same port and data, and waits until it serves. */
  async restart(): Promise<void> {
    await this.relaunch();
    await this.serving();
  }

  /** Waits until it serves: alone, or as one of a quorum. */
  async serving(): Promise<void> {
    await this.#untilMode((mode) => mode !== undefined && mode !== 'read-only', 'to serve');
  }

  /** Waits until it serves reads although it is cut off from its quorum. */
  async servingReadOnly(): Promise<void> {
    await this.#untilMode((mode) => mode === 'read-only', 'to be read-only');
  }

  async #untilMode(isRight: (mode: ApacheMode) => boolean, what: string): Promise<void> {
    await waitFor(async () => !this.#child.running || isRight(await this.mode()), {
      timeoutMs: 30_000,
      intervalMs: 50,
      what: `Apache ZooKeeper ${what}`,
    });
    if (!this.#child.running) throw new Error(`Apache ZooKeeper ended:\n${this.#child.output()}`);
  }

  async stop(): Promise<void> {
    await this.#child[Symbol.asyncDispose]();
    await this.#folder[Symbol.asyncDispose]();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

/** Options of the JVM where none are given. */
export const DEFAULT_JAVA: readonly string[] = ['-Xmx256m'];

/** Makes the folder with `zoo.cfg`, the data directory and what is in it before the first start. */
export async function prepare(options: ApacheNodeOptions): Promise<TemporaryFolder> {
  const folder = await temporaryFolder('apache-zookeeper');
  const lines = {
    tickTime: 500,
    dataDir: dataDirIn(folder),
    clientPort: options.port,
    clientPortAddress: '127.0.0.1',
    'admin.enableServer': false,
    '4lw.commands.whitelist': '*',
    maxClientCnxns: 0,
    ...options.settings,
  };
  await mkdir(lines.dataDir, { recursive: true });
  if (options.dataFrom !== undefined)
    await cp(options.dataFrom, lines.dataDir, { recursive: true });
  const text = Object.entries(lines).map(([key, value]) => `${key}=${value}\n`);
  await writeFile(join(folder.path, 'zoo.cfg'), text.join(''));
  if (options.id !== undefined) await writeFile(join(lines.dataDir, 'myid'), `${options.id}\n`);
  return folder;
}

/** The command that runs a server of Debian's package with this `zoo.cfg`. `java`: options of the JVM. */
export function apacheCommand(
  config: string,
  java: readonly string[] = [],
): readonly [string, ...string[]] {
  return [
    'java',
    ...java,
    '-cp',
    // The manifest forgets netty-codec, which Netty's listener (TLS) needs, and the servlet classes of the admin port.
    [
      dirname(config),
      '/usr/share/java/zookeeper.jar',
      '/usr/share/java/netty-codec.jar',
      '/usr/share/java/servlet-api.jar',
    ].join(':'),
    'org.apache.zookeeper.server.quorum.QuorumPeerMain',
    config,
  ];
}

function dataDirIn(folder: TemporaryFolder): string {
  return join(folder.path, 'data');
}

function launch(folder: string, java: readonly string[]): Child {
  const [command, ...args] = apacheCommand(join(folder, 'zoo.cfg'), [
    ...java,
    '-Dzookeeper.extendedTypesEnabled=true',
    '-Dzookeeper.DigestAuthenticationProvider.superDigest=super:D/InIHSb7yEEbrWz8b9l71RjZJU=',
  ]);
  return startChild(command, args);
}

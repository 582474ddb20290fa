import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { apacheCommand, type Child, freePort, startChild } from '@mpim/testkit';
import { firstReply } from './first-reply.ts';

/** Us. */
export const US = 'mpim';
/** The peer. */
export const PEER = 'Apache ZooKeeper';
/** What sockets and disk can do at most. */
export const LIMIT = 'bare responder';
/** What the disk can do at most when one write waits for the other. */
export const DISK = 'bare disk';

const MPIM = join(import.meta.dirname, '../../../apps/mpim/bin/mpim.mjs');
const LIMIT_LOG_BYTES = 64 << 20;

/** A server in a process of its own, with its data in a folder of its own. */
export class ServerProcess implements AsyncDisposable {
  readonly name: string;
  readonly port: number;
  readonly #folder: string;
  readonly #command: readonly [string, ...string[]];
  #child: Child | null = null;

  private constructor(
    name: string,
    port: number,
    folder: string,
    command: readonly [string, ...string[]],
  ) {
    this.name = name;
    this.port = port;
    this.#folder = folder;
    this.#command = command;
  }

  /**
   * A server that is not started yet; its folder is made below `scratch`, which lies on a real disk. `dataFrom`: a server
   * that does not run, whose data it begins with a copy of.
   */
  static async create(
    name: string,
    scratch: string,
    dataFrom?: ServerProcess,
  ): Promise<ServerProcess> {
    const port = await freePort();
    const folder = join(scratch, `${name.replaceAll(/\W+/g, '-')}-${port}`);
    await mkdir(folder, { recursive: true });
    const config = join(folder, 'zoo.cfg');
    // One file for both: what it does not say is as each server has it by default, fsync included.
    const lines = [
      `dataDir=${join(folder, 'data')}`,
      `clientPort=${port}`,
      'clientPortAddress=127.0.0.1',
      'tickTime=2000',
      'maxClientCnxns=0',
      'admin.enableServer=false',
    ];
    await writeFile(config, `${lines.join('\n')}\n`);
    if (dataFrom !== undefined) {
      await cp(join(dataFrom.#folder, 'data'), join(folder, 'data'), { recursive: true });
    }
    return new ServerProcess(name, port, folder, commandOf(name, port, folder, config));
  }

  /** Of the process that runs now. */
  get pid(): number {
    return this.#running().pid;
  }

  /** Starts it; resolves with the ms from then to its first answer. */
  async start(): Promise<number> {
    const start = performance.now();
    const [command, ...args] = this.#command;
    const child = startChild(command, args);
    this.#child = child;
    try {
      await firstReply(this.port, () => !child.running);
    } catch (cause) {
      throw new Error(`${this.name} ended:\n${child.output()}`, { cause });
    }
    return performance.now() - start;
  }

  /** Ends it in order; the data stay for another {@link start}. */
  async stop(): Promise<void> {
    await this.#running().stop(60_000);
    this.#child = null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child?.[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }

  #running(): Child {
    if (this.#child === null) throw new Error(`${this.name} does not run`);
    return this.#child;
  }
}

function commandOf(
  name: string,
  port: number,
  folder: string,
  config: string,
): readonly [string, ...string[]] {
  switch (name) {
    case US:
      return [process.execPath, MPIM, 'zookeeper', '--config', config];
    case PEER:
      return apacheCommand(config);
    case LIMIT:
      return [
        process.execPath,
        join(import.meta.dirname, 'limit-process.ts'),
        String(port),
        join(folder, 'log'),
        String(LIMIT_LOG_BYTES),
      ];
    default:
      throw new Error(`there is no server '${name}'`);
  }
}

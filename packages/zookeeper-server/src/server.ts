import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { plainAddress } from './acl/ip-scheme.ts';
import type { ClockTimer } from './clock.ts';
import { Connection } from './connection/connection.ts';
import { ZooKeeperServerError } from './errors.ts';
import { NodeReaper } from './node-reaper.ts';
import { resolveOptions, type ServerSettings, type ZooKeeperServerOptions } from './options.ts';
import { DataDirectory } from './persistence/data-directory.ts';
import { type Beginnings, ServerCore } from './server-core.ts';
import { DataTree } from './tree/data-tree.ts';
import { firstZxid } from './txn/zxid.ts';
import { WatchManager } from './watch/watch-manager.ts';

/**
 * A ZooKeeper server in this process that any ZooKeeper client can talk to.
 *
 * With a `dataDir` nothing that was answered is lost: no reply leaves before the disk has what it tells.
 * Started again it goes on where it was, sessions and their ephemeral nodes included, and so does an
 * Apache ZooKeeper started on that directory.
 *
 * Without one, what it holds ends with it. Started again, even on the same port, it is an empty server whose
 * zxids begin above those of every earlier run, so clients that come back are let in and learn cleanly that
 * their session has expired. Were the zxids to start over, a client that has seen a higher one would be
 * turned away without an answer, as the protocol demands, and would try again for ever.
 *
 * @example
 * await using server = await ZooKeeperServer.start({ port: 2181, dataDir: 'data' });
 * console.log(`zkCli.sh -server ${server.connectString}`);
 */
export class ZooKeeperServer implements AsyncDisposable {
  /** Address it listens on. */
  readonly host: string;
  /** Port it listens on. */
  readonly port: number;
  /**
   * Rejects with `ZooKeeperServerError` `DATA_FAILED` if the disk fails while the server runs: it has then
   * stopped, since it can promise nothing any more. Otherwise never settles.
   */
  readonly failure: Promise<never>;
  readonly #core: ServerCore;
  readonly #listener: Server;
  readonly #directory: DataDirectory | null;
  readonly #reaper: NodeReaper;
  #tick: ClockTimer;
  #stopped: Promise<void> | null = null;

  private constructor(core: ServerCore, directory: DataDirectory | null, listener: Server) {
    this.#core = core;
    this.#directory = directory;
    this.#listener = listener;
    this.host = core.settings.host;
    this.port = core.settings.port;
    this.#reaper = new NodeReaper(core.tree, core.pipeline, core.settings.clock);
    this.#tick = this.#scheduleTick();
    listener.on('connection', (socket) => this.#accept(socket));
    this.failure = directory === null ? new Promise(() => {}) : this.#whenFailed(directory);
    this.failure.catch(() => {});
  }

  /**
   * Starts a server and waits until it listens, all it kept being back.
   * Throws `ZooKeeperServerError`: `BAD_OPTION`; `LISTEN_FAILED` when the address cannot be had; for
   * what is wrong with the data directory `DATA_LOCKED`, `DATA_CORRUPT` or `DATA_FAILED`.
   */
  static async start(options: ZooKeeperServerOptions = {}): Promise<ZooKeeperServer> {
    const settings = resolveOptions(options);
    const beginnings = await begin(settings);
    try {
      return await ZooKeeperServer.#listen(settings, beginnings);
    } catch (error) {
      await beginnings.directory?.close();
      throw error;
    }
  }

  static async #listen(settings: ServerSettings, parts: Beginnings): Promise<ZooKeeperServer> {
    const { host, port, logger } = settings;
    // Four-letter words are often asked by peers that close their side before they read the answer.
    const listener = createServer({ allowHalfOpen: true });
    listener.listen({ host, port });
    try {
      await once(listener, 'listening');
    } catch (cause) {
      const message = `cannot listen on ${host}:${port}; choose another port or stop what uses it`;
      throw new ZooKeeperServerError('LISTEN_FAILED', message, { cause });
    }
    const core = new ServerCore({ ...settings, port: portOf(listener) }, parts);
    const server = new ZooKeeperServer(core, parts.directory, listener);
    logger.info({ host: server.host, port: server.port }, 'ZooKeeper server is listening');
    return server;
  }

  /** `host:port`, as clients want it. */
  get connectString(): string {
    return this.host.includes(':') ? `[${this.host}]:${this.port}` : `${this.host}:${this.port}`;
  }

  /**
   * Ends a session as if its client had been silent too long; harmless if there is no such session, and
   * without effect while the disk is full.
   */
  expireSession(id: bigint): void {
    const session = this.#core.sessions.get(id);
    if (session !== undefined) this.#core.expireSession(session);
  }

  /** Cuts all connections; the sessions live on and can be taken up again. */
  dropConnections(): void {
    for (const connection of [...this.#core.connections]) connection.release('dropped');
  }

  /** Stops listening and cuts all connections. What was answered has been sent. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #stop(): Promise<void> {
    const closed = once(this.#listener, 'close');
    this.#tick.cancel();
    this.#listener.close();
    this.#core.output.flush();
    await this.#directory?.settled();
    this.dropConnections();
    await closed;
    await this.#directory?.close();
    const { logger } = this.#core.settings;
    logger.info({ host: this.host, port: this.port }, 'ZooKeeper server has stopped');
  }

  #accept(socket: Socket): void {
    const { maxClientConnections, logger } = this.#core.settings;
    if (this.#stopped !== null) {
      socket.destroy();
      return;
    }
    const address = plainAddress(socket.remoteAddress ?? '');
    const held = this.#core.connections.countOf(address);
    if (maxClientConnections > 0 && held >= maxClientConnections) {
      logger.warn({ address, maxClientConnections }, 'too many connections from one address');
      socket.on('error', () => {});
      socket.destroy();
      return;
    }
    new Connection(this.#core, socket);
  }

  /** One timer for everything, at the next tick boundary, where deadlines fall due. */
  #scheduleTick(): ClockTimer {
    const { clock, tickTimeMs } = this.#core.settings;
    const delay = tickTimeMs - (clock.monotonic() % tickTimeMs);
    return clock.setTimeout(() => {
      this.#tick = this.#scheduleTick();
      // After a pause of the whole process the signs of life that wait in the sockets count first.
      clock.defer(() => this.#onTick());
    }, Math.ceil(delay));
  }

  #onTick(): void {
    if (this.#stopped !== null) return;
    this.#core.expire();
    if (!this.#core.pipeline.isFull) this.#reaper.run(this.#core.now());
  }

  /** Waits for the disk to fail, and stops then. */
  async #whenFailed(directory: DataDirectory): Promise<never> {
    try {
      return await directory.ended;
    } catch (error) {
      if (this.#stopped !== null) return new Promise(() => {});
      this.#core.settings.logger.error({ err: error }, 'the disk has failed; the server stops');
      await this.stop();
      throw error;
    }
  }
}

/** An empty tree, or what the data directory holds. */
async function begin(settings: ServerSettings): Promise<Beginnings> {
  const watches = new WatchManager();
  const { dataDir, clock } = settings;
  if (dataDir === null) {
    return { watches, tree: new DataTree(watches, firstZxid(clock.now())), directory: null };
  }
  const tree = new DataTree(watches, 0n, { digest: true });
  return { watches, tree, directory: await DataDirectory.open(dataDir, tree, settings) };
}

function portOf(listener: Server): number {
  const address = listener.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

import type { AdminServer } from './admin/admin-server.ts';
import { ZooKeeperServerError } from './errors.ts';
import {
  asksForCertificates,
  Listener,
  type ListenOptions,
  requireKnownListen,
} from './listener.ts';
import { type AdminOptions, requireKnownAdmin } from './options/network.ts';
import { resolveOptions, type ServerSettings, type ZooKeeperServerOptions } from './options.ts';
import { begin, ServerLife } from './server-life.ts';
import { logFailedHandshake } from './tls/failed-handshake.ts';
import type { ServerSocket } from './transport.ts';

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
  /**
   * Rejects with `ZooKeeperServerError` `DATA_FAILED` if the disk fails while the server runs: it has then
   * stopped, since it can promise nothing any more. Otherwise never settles.
   */
  readonly failure: Promise<never>;
  readonly #fail: (reason: unknown) => void;
  readonly #settings: ServerSettings;
  readonly #main: Listener;
  readonly #listeners = new Set<Listener>();
  readonly #admins = new Set<AdminServer>();
  #admin: AdminServer | null = null;
  #prometheus: AdminServer | null = null;
  /** Null while restarting and when stopped. */
  #life: ServerLife | null = null;
  /** The restart under way, or the last one. */
  #restarted: Promise<void> = Promise.resolve();
  #stopped: Promise<void> | null = null;

  /** The door for TLS beside the plain one, if the options ask for one. */
  readonly secure: Listener | null;

  private constructor(settings: ServerSettings, main: Listener, secure: Listener | null) {
    this.#settings = settings;
    this.#main = main;
    this.secure = secure;
    if (secure !== null) this.#listeners.add(secure);
    const { promise, reject } = Promise.withResolvers<never>();
    promise.catch(() => {});
    this.failure = promise;
    this.#fail = reject;
  }

  /**
   * Starts a server and waits until it listens, all it kept being back.
   * Throws `ZooKeeperServerError`: `BAD_OPTION`; `LISTEN_FAILED` when the address cannot be had; for
   * what is wrong with the data directory `DATA_LOCKED`, `DATA_CORRUPT` or `DATA_FAILED`.
   */
  static async start(options: ZooKeeperServerOptions = {}): Promise<ZooKeeperServer> {
    const settings = resolveOptions(options);
    const { host, port, tls, secure, logger } = settings;
    const beginnings = await begin(settings);
    const doors: Listener[] = [];
    let server: ZooKeeperServer | undefined;
    const open = async (at: ListenOptions): Promise<Listener> => {
      const door = await openDoor(settings, at, {
        accept: (socket) => ZooKeeperServer.#accept(server, socket),
        onClosed: (closed) => {
          if (server !== undefined) server.#listeners.delete(closed);
        },
      });
      doors.push(door);
      return door;
    };
    try {
      const main = await open({ host, port, ...(tls === null ? {} : { tls }) });
      const second = secure === null ? null : await open({ host, ...secure });
      const ports = {
        port: main.port,
        secure: secure && second && { ...secure, port: second.port },
      };
      server = new ZooKeeperServer({ ...settings, ...ports }, main, second);
      server.#live(new ServerLife(server.#settings, beginnings));
    } catch (error) {
      for (const door of doors) await door.stop();
      await beginnings.directory?.close();
      throw error;
    }
    await server.#openHttpPorts();
    logger.info({ host: server.host, port: server.port }, 'ZooKeeper server is listening');
    return server;
  }

  /** Address it listens on. */
  get host(): string {
    return this.#main.host;
  }

  /** Port it listens on. */
  get port(): number {
    return this.#main.port;
  }

  /** `host:port`, as clients want it. */
  get connectString(): string {
    return this.#main.connectString;
  }

  /** The HTTP port for operators that the options ask for, if they do. */
  get admin(): AdminServer | null {
    return this.#admin;
  }

  /** The HTTP port for Prometheus alone that the options ask for, if they do. */
  get prometheus(): AdminServer | null {
    return this.#prometheus;
  }

  /**
   * Opens one more door to the same tree and the same sessions; it ends with the server, or by its own `stop`.
   * Throws `ZooKeeperServerError`: `LISTEN_FAILED` when the address cannot be had, `BAD_OPTION` for certificates that
   * cannot be used and names that are none, `STOPPED`.
   *
   * @example
   * await using second = await server.listen();
   * const client = await ZooKeeperClient.connect({
   *   connectString: `${server.connectString},${second.connectString}`,
   * });
   * await second.stop(); // who was there moves to the first, with its session
   */
  async listen(options: ListenOptions = {}): Promise<Listener> {
    requireKnownListen(options);
    if (this.#stopped !== null) throw this.#stoppedError();
    const { host = this.host, port = 0 } = options;
    const at = { ...options, host, port };
    const listener = await openDoor(this.#settings, at, {
      accept: (socket) => ZooKeeperServer.#accept(this, socket),
      onClosed: (closed) => this.#listeners.delete(closed),
    });
    if (this.#stopped !== null) await listener.stop();
    else this.#listeners.add(listener);
    return listener;
  }

  /**
   * Opens an HTTP port for operators and monitoring; it ends with the server, or by its own `stop`.
   * Throws `ZooKeeperServerError`: `LISTEN_FAILED` when the address cannot be had, `BAD_OPTION` for names that are none,
   * `STOPPED`.
   */
  async openAdmin(options: AdminOptions = {}): Promise<AdminServer> {
    requireKnownAdmin('options', options);
    if (this.#stopped !== null) throw this.#stoppedError();
    const { host = this.host, port = 0 } = options;
    const at = { ...options, host, port };
    // Node's HTTP is a fifth of the time to the first answer of a server that has no such port.
    const { AdminServer } = await import('./admin/admin-server.ts');
    const admin = await AdminServer.open(
      at,
      () => this.#life?.core ?? null,
      (closed) => this.#admins.delete(closed),
    );
    if (this.#stopped !== null) await admin.stop();
    else this.#admins.add(admin);
    return admin;
  }

  /**
   * Ends a session as if its client had been silent too long; harmless if there is no such session, and
   * without effect while the disk is full.
   */
  expireSession(id: bigint): void {
    const session = this.#life?.core.sessions.get(id);
    if (session !== undefined) this.#life?.core.expireSession(session);
  }

  /** Cuts all connections; the sessions live on and can be taken up again. */
  dropConnections(): void {
    this.#life?.dropConnections();
  }

  /**
   * Hangs, as a stopped process does: connections stay open and new ones are made, but nothing is read,
   * answered or expired until {@link resume}.
   */
  pause(): void {
    this.#life?.core.pause();
  }

  /** Goes on after {@link pause}. Sessions that gave a sign of life meanwhile have not expired. */
  resume(): void {
    this.#life?.core.resume();
  }

  /**
   * Stops and starts again on the same ports, all doors included but those that were stopped one by one. With a
   * `dataDir` nodes and sessions are back, without one the server is empty. Throws as {@link start} does for the data directory; the server
   * has stopped then. A server that has stopped cannot be restarted: `STOPPED`.
   */
  restart(): Promise<void> {
    if (this.#stopped !== null) return Promise.reject(this.#stoppedError());
    const restarted = this.#restarted.then(() => this.#restart());
    this.#restarted = restarted.catch(() => {});
    return restarted;
  }

  /** Stops listening and cuts all connections. What was answered has been sent. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #stoppedError(): ZooKeeperServerError {
    const message = `the server on port ${this.port} has stopped for good; start another one`;
    return new ZooKeeperServerError('STOPPED', message, { port: this.port });
  }

  async #openHttpPorts(): Promise<void> {
    const { admin, prometheus } = this.#settings;
    try {
      if (admin !== null) this.#admin = await this.openAdmin(admin);
      if (prometheus !== null) {
        this.#prometheus = await this.openAdmin({ ...prometheus, commandUrl: null });
      }
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  async #stop(): Promise<void> {
    const doors = [this.#main, ...this.#listeners];
    for (const door of doors) door.close();
    await this.#restarted;
    await this.#life?.end();
    this.#life = null;
    for (const door of doors) await door.stop();
    for (const admin of this.#admins) await admin.stop();
    const { logger } = this.#settings;
    logger.info({ host: this.host, port: this.port }, 'ZooKeeper server has stopped');
  }

  async #restart(): Promise<void> {
    const life = this.#life;
    if (this.#stopped !== null || life === null) return;
    this.#life = null;
    await life.end();
    const { tree, credentials } = life.core;
    const earlier = { lastZxid: tree.lastZxid, highestSessionId: credentials.highestId };
    try {
      this.#live(new ServerLife(this.#settings, await begin(this.#settings, earlier), earlier));
    } catch (error) {
      this.stop().catch(() => {});
      throw error;
    }
  }

  #live(life: ServerLife): void {
    this.#life = life;
    life.diskEnded?.catch(async (error: unknown) => {
      // A life that is ended on purpose closes its log too.
      if (this.#stopped !== null || this.#life !== life) return;
      this.#settings.logger.error({ err: error }, 'the disk has failed; the server stops');
      await this.stop();
      this.#fail(error);
    });
  }

  /** A server between two lives lets nobody in. */
  static #accept(server: ZooKeeperServer | undefined, socket: ServerSocket): void {
    if (server === undefined || server.#life === null) socket.destroy();
    else server.#life.accept(socket);
  }
}

/** Opens a door as the settings want it; clients that can show certificates make the scheme `x509` known. */
async function openDoor(
  settings: ServerSettings,
  options: ListenOptions,
  events: { accept: (socket: ServerSocket) => void; onClosed: (door: Listener) => void },
): Promise<Listener> {
  const { transport, host, listenBacklog, tcpKeepAlive: keepAlive, handshakes, schemes } = settings;
  const backlog = listenBacklog < 0 ? {} : { backlog: listenBacklog };
  const onHandshakeFailed = (error: Error, address: string | undefined): void => {
    handshakes.failed++;
    logFailedHandshake(settings.logger, address, error);
  };
  const tcp = { ...backlog, keepAlive, handshakes, onHandshakeFailed };
  const at = { host, port: 0, ...options, ...tcp };
  const door = await Listener.open(transport, at, events.accept, events.onClosed);
  if (asksForCertificates(options.tls)) schemes.add('x509');
  return door;
}

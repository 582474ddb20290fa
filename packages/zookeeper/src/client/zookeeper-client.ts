import {
  type Acl,
  AddWatchMode,
  ErrorCode,
  type PathWatchRequest,
  type Stat,
} from '../protocol/index.ts';
import { Call, type OnAnswer } from './calls/call.ts';
import type { CallOptions, VersionedOptions } from './calls/call-options.ts';
import { limited, limitedAuth } from './calls/limited.ts';
import { OperationMeter, type OperationObserver } from './calls/operation-meter.ts';
import type { ClientStats } from './client-stats.ts';
import { type Clock, type Random, systemClock } from './clock.ts';
import { deleteRecursive } from './compound/delete-recursive.ts';
import { tlsTransport } from './connection/tls-transport.ts';
import { type Transport, tcpTransport } from './connection/transport.ts';
import { observed, publishState } from './diagnostics.ts';
import { ZooKeeperError } from './errors.ts';
import { parseConnectString } from './hosts/connect-string.ts';
import { HostList } from './hosts/host-list.ts';
import { Chroot } from './operations/chroot.ts';
import { type CreateSettings, createRequest } from './operations/create-request.ts';
import {
  type MultiOperation,
  type MultiResults,
  multiRequest,
  multiResults,
} from './operations/multi.ts';
import type { NodeChildren, NodeData } from './operations/node-data.ts';
import * as operations from './operations/operation.ts';
import { toBuffer } from './operations/to-buffer.ts';
import type { ZooKeeperClientOptions } from './options.ts';
import { ServerOperations } from './server-operations.ts';
import { Session, type SessionCredentials } from './session/session.ts';
import type { SessionState } from './session/session-state.ts';
import type { PersistentWatch } from './watches/persistent-watch.ts';
import { OneShotWatch, type Watch } from './watches/watch.ts';

const DEFAULT_SESSION_TIMEOUT_MS = 30_000;
const DEFAULT_CONNECT_TIMEOUT_MS = 10_000;

/**
 * A ZooKeeper session that looks after itself: it reconnects, keeps its watches over reconnects and
 * says where it stands ({@link SessionState}).
 *
 * Calls take effect in the order they are made, awaited or not. Made while there is no connection, they
 * wait for one. Those under way when the connection is cut reject with `CONNECTION_LOSS` and `sent`:
 * they may have been applied. Errors are {@link ZooKeeperError}s.
 *
 * @example
 * await using zk = await ZooKeeperClient.connect({ connectString: '127.0.0.1:2181' });
 * await zk.create('/greeting', 'hello');
 * const { data } = await zk.get('/greeting');
 */
export class ZooKeeperClient extends ServerOperations implements AsyncDisposable {
  readonly #session: Session;
  protected override readonly paths: Chroot;

  readonly #clock: Clock;
  /** All that share the session and hear of it: the client and its views. */
  readonly #family: Set<ZooKeeperClient>;
  readonly #isView: boolean;
  readonly #meter: OperationObserver | null;

  private constructor(
    session: Session,
    clock: Clock,
    chroot: string,
    from: ZooKeeperClient | { meter: OperationObserver | null },
  ) {
    super();
    // Each recipe and registry on this client listens; there is no right number of them.
    this.setMaxListeners(0);
    this.#session = session;
    this.#clock = clock;
    this.paths = new Chroot(chroot);
    this.#isView = from instanceof ZooKeeperClient;
    this.#family = from instanceof ZooKeeperClient ? from.#family : new Set();
    this.#meter = from instanceof ZooKeeperClient ? from.#meter : from.meter;
    this.#family.add(this);
  }

  static #open(options: ZooKeeperClientOptions): ZooKeeperClient {
    const { hosts, chroot } = parseConnectString(options.connectString);
    const { clock = systemClock, random = Math.random } = options;
    const session = new Session(
      {
        hosts: new HostList(hosts, random),
        sessionTimeoutMs: options.sessionTimeoutMs ?? DEFAULT_SESSION_TIMEOUT_MS,
        connectTimeoutMs: options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS,
        credentials: options.session,
        sasl: options.sasl,
        readOnly: options.readOnly ?? false,
        renewExpired: options.renewExpiredSession ?? false,
        clock,
        random,
        transport: transportOf(options, random),
        highWaterMark: options.highWaterMark,
      },
      {
        stateChanged: (state) => {
          publishState(state, session.id);
          for (const each of [...client.#family]) each.emit('state', state);
        },
        opened: (opened) => {
          for (const each of [...client.#family]) each.emit('session', opened);
        },
      },
    );
    const { measureOperations: measure = false } = options;
    const meter = measure === true ? new OperationMeter() : measure || null;
    const client = new ZooKeeperClient(session, clock, chroot, { meter });
    for (const identity of options.auth ?? []) session.addIdentity(identity);
    return client;
  }

  /**
   * Connects and opens a session, or takes up `options.session`.
   *
   * Rejects with `CONNECT_TIMEOUT` naming each host tried and why it could not be used, with
   * `SESSION_EXPIRED` if the session to take up is gone, with `AUTH_FAILED`, or with the reason of
   * `options.signal`.
   */
  static async connect(options: ZooKeeperClientOptions): Promise<ZooKeeperClient> {
    options.signal?.throwIfAborted();
    const client = ZooKeeperClient.#open(options);
    const timeoutMs = options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS;
    const { promise: givenUp, reject } = Promise.withResolvers<never>();
    const timer = client.#clock.setTimeout(
      () => reject(client.#connectTimeout(timeoutMs)),
      timeoutMs,
    );
    const abort = () => reject(options.signal?.reason);
    options.signal?.addEventListener('abort', abort, { once: true });
    try {
      await Promise.race([client.#session.start(), givenUp]);
      return client;
    } catch (error) {
      await client.close();
      throw error;
    } finally {
      timer.cancel();
      options.signal?.removeEventListener('abort', abort);
    }
  }

  /**
   * Begins to connect and does not wait: for programs that must start without ZooKeeper, too. Tries until there is
   * a session or the client is closed; calls made before wait for it. `connectTimeoutMs` and `signal` end nothing here.
   *
   * @example
   * await using zk = ZooKeeperClient.startConnecting({ connectString: '127.0.0.1:2181' });
   * zk.on('state', (state) => console.log(state.kind));
   */
  static startConnecting(options: ZooKeeperClientOptions): ZooKeeperClient {
    const client = ZooKeeperClient.#open(options);
    client.#session.start().catch(() => {}); // `state` tells how it goes.
    return client;
  }

  /**
   * A client for the tree below `path`, which need not exist, in the same session: with its own paths, the same
   * watches, ephemerals and identities. Closing the view ends its events and nothing else.
   *
   * @example
   * await using orders = zk.below('/apps/orders');
   * await orders.get('/config'); // /apps/orders/config
   */
  below(path: string): ZooKeeperClient {
    const serverPath = this.paths.toServer(path);
    const chroot = serverPath === '/' ? '' : serverPath;
    return new ZooKeeperClient(this.#session, this.#clock, chroot, this);
  }

  /** Where the client stands now. */
  get state(): SessionState {
    return this.#session.state;
  }

  /** Of the current or the last session. */
  get sessionId(): bigint {
    return this.#session.id;
  }

  /** What it takes to come back to this session with `options.session`. Keep it secret. */
  get sessionCredentials(): SessionCredentials {
    return this.#session.credentials;
  }

  /** Ms, as granted by the server. */
  get sessionTimeoutMs(): number {
    return this.#session.timeoutMs;
  }

  /** The path that all paths are below; empty for none. */
  get chroot(): string {
    return this.paths.prefix;
  }

  /** What this session's clients, the views included, have done and have to do. A snapshot; reading it is cheap. */
  get stats(): ClientStats {
    const { backlog, traffic, watches, persistentWatches, unanswered } = this.#session;
    return {
      ...unanswered,
      unansweredBytes: backlog.bytes,
      ...traffic,
      watches: watches.size + persistentWatches.size,
      operations: this.#meter instanceof OperationMeter ? this.#meter.snapshot() : {},
    };
  }

  /**
   * Back-pressure: resolves at once while few calls are unanswered; above `highWaterMark` when half of that is left.
   * No call is ever refused or delayed for want of it: who makes many calls without awaiting them asks first.
   * Rejects with the signal's reason only: when the client ends, its calls tell.
   *
   * @example
   * for (const path of paths) {
   *   await zk.ready();
   *   deletions.push(zk.delete(path));
   * }
   * await Promise.all(deletions);
   */
  ready(options: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    return this.#session.backlog.ready(options.signal);
  }

  /** Creates a node; a sequential one answers with its full path. `NODE_EXISTS`, `NO_NODE` (parent), … */
  async create(
    path: string,
    data: Uint8Array | string | null,
    options: CreateSettings & CallOptions = {},
  ): Promise<{ path: string; stat: Stat }> {
    const { mode, request, ttlMs } = createRequest(this.paths, path, data, options);
    const { createTtl, createContainer, create2 } = operations;
    const created = await (ttlMs === undefined
      ? this.call(mode === 'container' ? createContainer : create2, request, path, options)
      : this.call(createTtl, { ...request, ttlMs }, path, options));
    return { path: this.paths.toClient(created.path), stat: created.stat };
  }

  /** Data and Stat. `NO_NODE`. */
  get(path: string, options: CallOptions = {}): Promise<NodeData> {
    return this.#read(operations.getData, path, options);
  }

  /** Stat, or null for a node that is not there. */
  exists(path: string, options: CallOptions = {}): Promise<Stat | null> {
    return this.#read(operations.exists, path, options);
  }

  /** Replaces the data. `NO_NODE`, `BAD_VERSION`. */
  set(
    path: string,
    data: Uint8Array | string | null,
    options: VersionedOptions = {},
  ): Promise<Stat> {
    try {
      const serverPath = this.paths.toServer(path);
      const request = { path: serverPath, data: toBuffer(data), version: options.version ?? -1 };
      return this.call(operations.setData, request, path, options);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Names of the children, in no order, and Stat. `NO_NODE`. */
  children(path: string, options: CallOptions = {}): Promise<NodeChildren> {
    return this.#read(operations.getChildren2, path, options);
  }

  /** Deletes one node. `NO_NODE`, `BAD_VERSION`, `NOT_EMPTY`. */
  async delete(path: string, options: VersionedOptions = {}): Promise<void> {
    const request = { path: this.paths.toServer(path), version: options.version ?? -1 };
    await this.call(operations.deleteNode, request, path, options);
  }

  /**
   * Applies all operations or none; each has a result of its own kind, in their order. A failure rejects with the
   * code of the operation that failed, `failedIndex` and `results`: what became of each.
   *
   * @example
   * const [, config] = await zk.multi([
   *   { type: 'check', path: '/leader', version: 3 },
   *   { type: 'set', path: '/config', data: '{}' },
   * ]);
   * console.log(config.stat.version);
   */
  async multi<const O extends readonly MultiOperation[]>(
    parts: O,
    options: CallOptions = {},
  ): Promise<MultiResults<O>> {
    const request = multiRequest(this.paths, parts);
    const response = await this.call(operations.multi, request, '', options);
    return multiResults(this.paths, parts, response);
  }

  /** Brings the server up to date with its leader: a read after it sees all that was written before it. */
  async sync(path: string, options: CallOptions = {}): Promise<void> {
    const request = { path: this.paths.toServer(path) };
    await this.call(operations.sync, request, path, options);
  }

  /** ACL and Stat. `NO_NODE`, `NO_AUTH`. */
  async getAcl(path: string, options: CallOptions = {}): Promise<{ acl: Acl[]; stat: Stat }> {
    const request = { path: this.paths.toServer(path) };
    const { acl, stat } = await this.call(operations.getAcl, request, path, options);
    return { acl: [...acl], stat };
  }

  /** Replaces the ACL; `version` is the expected aversion. `NO_NODE`, `NO_AUTH`, `INVALID_ACL`, `BAD_VERSION`. */
  async setAcl(path: string, acl: readonly Acl[], options: VersionedOptions = {}): Promise<Stat> {
    const request = { path: this.paths.toServer(path), acl, version: options.version ?? -1 };
    return this.call(operations.setAcl, request, path, options);
  }

  /**
   * Adds an identity, shown again on every reconnect, and waits until a server has accepted it. Refused
   * credentials end the client: `AUTH_FAILED`. `signal` and `timeoutMs` end the wait and not the identity.
   */
  async addAuth(
    scheme: string,
    auth: Uint8Array | string,
    options: CallOptions = {},
  ): Promise<void> {
    options.signal?.throwIfAborted();
    const accepted = this.#session.addIdentity({ scheme, auth });
    return limitedAuth(accepted, scheme, options, this.#clock);
  }

  /** As {@link get}, with a watch for the next change or deletion. A node that is not there leaves no watch. */
  async getAndWatch(path: string, options: CallOptions = {}): Promise<NodeData & { watch: Watch }> {
    const { watch, result } = await this.#readAndWatch(operations.getData, path, 'data', options);
    return { ...result, watch };
  }

  /** As {@link exists}, with a watch for the next creation, change or deletion. */
  async existsAndWatch(
    path: string,
    options: CallOptions = {},
  ): Promise<{ stat: Stat | null; watch: Watch }> {
    const { watch, result } = await this.#readAndWatch(operations.exists, path, 'data', options);
    return { stat: result, watch };
  }

  /** As {@link children}, with a watch for the next child created or deleted, or the node's own deletion. */
  async childrenAndWatch(
    path: string,
    options: CallOptions = {},
  ): Promise<NodeChildren & { watch: Watch }> {
    const operation = operations.getChildren2;
    const { watch, result } = await this.#readAndWatch(operation, path, 'child', options);
    return { ...result, watch };
  }

  /**
   * Watches a node, or with `recursive` a node and all below it, until the watch is disposed of. The path need not
   * exist. After a reconnect there is a `gap` event. Servers have it since 3.6.
   *
   * Rejects with `BAD_ARGUMENTS` while this session watches the same path in the other mode.
   *
   * @example
   * await using watch = await zk.watch('/services', { recursive: true });
   * for await (const event of watch) console.log(event);
   */
  async watch(
    path: string,
    options: { recursive?: boolean | undefined } & CallOptions = {},
  ): Promise<PersistentWatch> {
    const { recursive = false } = options;
    const serverPath = this.paths.toServer(path);
    const toClient = (each: string) => this.paths.toClient(each);
    const watched = { path, serverPath, recursive, toClient };
    const watch = this.#session.persistentWatches.add(watched);
    const mode = recursive ? AddWatchMode.persistentRecursive : AddWatchMode.persistent;
    try {
      const arm = (error: number) => {
        watch.armed = error === ErrorCode.OK;
      };
      await this.call(operations.addWatch, { path: serverPath, mode }, path, options, arm);
      return watch;
    } catch (error) {
      void watch.close(); // It never rejects; who has given up does not wait for it.
      throw error;
    }
  }

  /** Deletes a node and all below it; content if it is not there. Not one transaction. */
  deleteRecursive(path: string, options: CallOptions = {}): Promise<void> {
    return deleteRecursive(this, path, options);
  }

  /**
   * Ends the session if a server can be reached, and the client in any case: within two seconds, however
   * the servers are. Calls made before are answered first; calls made later reject with `CLOSED`.
   * Without a server the session's ephemerals stay until it expires. A view ({@link below}) only lets go.
   */
  async close(): Promise<void> {
    if (this.#isView) this.#family.delete(this);
    else await this.#session.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Not async, as little as it would look: another promise and its turn for every read (bench zookeeper-client). */
  #read<R>(
    operation: operations.Operation<PathWatchRequest, R>,
    path: string,
    options: CallOptions,
  ): Promise<R> {
    try {
      const request = { path: this.paths.toServer(path), watch: false };
      return this.call(operation, request, path, options);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async #readAndWatch<R>(
    operation: operations.Operation<PathWatchRequest, R>,
    path: string,
    kind: 'data' | 'child',
    options: CallOptions,
  ): Promise<{ result: R; watch: Watch }> {
    const request = { path: this.paths.toServer(path), watch: true };
    const watch = new OneShotWatch(path, request.path);
    const isExists = operation.type === operations.exists.type;
    const { watches } = this.#session;
    const call = this.call(operation, request, path, options, (error) => {
      if (error === ErrorCode.OK) watches.arm(watch, kind);
      else if (isExists && error === ErrorCode.NONODE) watches.arm(watch, 'exist');
    });
    this.#session.keepPersistent(watch);
    const result = await watches.expecting(request.path, kind, call);
    return { result, watch };
  }

  protected override call<Q, R>(
    operation: operations.Operation<Q, R>,
    body: Q,
    path: string,
    options: CallOptions,
    onAnswer?: OnAnswer,
  ): Promise<R> {
    options.signal?.throwIfAborted();
    const call = new Call(operation, body, path, onAnswer);
    this.#session.submit(call);
    return observed(operation.name, path, limited(call, options, this.#clock), this.#meter);
  }

  #connectTimeout(timeoutMs: number): ZooKeeperError {
    const reasons = [...this.#session.failures].map(([host, why]) => `${host}: ${why}`);
    const tried = reasons.length === 0 ? 'no host has answered yet' : reasons.join('; ');
    const message = `no ZooKeeper session within ${timeoutMs} ms (${tried}); check the connect string and that the servers run`;
    return new ZooKeeperError('CONNECT_TIMEOUT', message);
  }
}

function transportOf({ transport, tls }: ZooKeeperClientOptions, random: Random): Transport {
  if (transport === undefined) {
    return tls === undefined ? tcpTransport(random) : tlsTransport(tls, random);
  }
  if (tls === undefined) return transport;
  const message = 'options.tls: a transport of your own (options.transport) makes its own TLS';
  throw new ZooKeeperError('BAD_ARGUMENTS', message);
}

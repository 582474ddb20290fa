import type { EventEmitter } from 'node:events';
import { requireBoolean, requireObject } from './arguments.ts';
import { Caller } from './caller.ts';
import type { CallOptions } from './calls/call-options.ts';
import { checkCallOptions, NO_OPTIONS } from './calls/check-call.ts';
import { limitedAuth } from './calls/limited.ts';
import { OperationMeter } from './calls/operation-meter.ts';
import { checkIdentity, checkOptions } from './check-options.ts';
import type { ClientStats } from './client-stats.ts';
import { observed, publishState } from './diagnostics.ts';
import { EnsembleFollower } from './ensemble-follower.ts';
import { ZooKeeperError } from './errors.ts';
import { firstSession } from './first-session.ts';
import { formatHost, parseConnectString } from './hosts/connect-string.ts';
import { namesOf, requireKnown } from './known-names.ts';
import { Chroot } from './operations/chroot.ts';
import type { ZooKeeperClientOptions } from './options.ts';
import { ServerOperations } from './server-operations.ts';
import type { CloseOptions } from './session/farewell.ts';
import type { SessionCredentials } from './session/grant.ts';
import { Session } from './session/session.ts';
import type { SessionOptions } from './session/session-options.ts';
import type { SessionState } from './session/session-state.ts';
import { sessionSettings } from './session-settings.ts';

/** How {@link ZooKeeperClient.ready} is waited for. */
type ReadyOptions = Pick<CallOptions, 'signal'>;

const CLOSE_OPTIONS = namesOf<CloseOptions>({ keepSession: true });
const READY_OPTIONS = namesOf<ReadyOptions>({ signal: true });

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
  readonly #caller: Caller;
  /** All that share the session and hear of it: the client, and its views that somebody listens to. */
  readonly #family: Set<ZooKeeperClient>;
  readonly #isView: boolean;
  readonly #join = (): void => void this.#family.add(this);

  private constructor(session: Session, caller: Caller, client?: ZooKeeperClient) {
    super(caller);
    if (!(caller instanceof Caller)) throw calledWithNew();
    // Each recipe and registry on this client listens; there is no right number of them.
    this.setMaxListeners(0);
    this.#session = session;
    this.#caller = caller;
    this.#isView = client !== undefined;
    this.#family = client === undefined ? new Set() : client.#family;
    // A view for each request is not kept for the length of the session.
    if (this.#isView) (this as EventEmitter).once('newListener', this.#join);
    else this.#join();
  }

  static #open(options: ZooKeeperClientOptions): {
    client: ZooKeeperClient;
    settings: SessionOptions;
  } {
    const { hosts, chroot } = parseConnectString(options.connectString);
    const settings = sessionSettings(options, hosts);
    const session = new Session(settings, {
      stateChanged: (state) => {
        publishState(state, session.id);
        follower?.stateChanged(state);
        for (const each of [...client.#family]) each.emit('state', state);
      },
      opened: (opened) => {
        for (const each of [...client.#family]) each.emit('session', opened);
      },
    });
    const { measureOperations: measure = false } = options;
    const meter = measure === true ? new OperationMeter() : measure || null;
    const { clock } = settings;
    const caller = new Caller(session, { paths: new Chroot(chroot), clock, meter });
    const client = new ZooKeeperClient(session, caller);
    const follower = options.followEnsemble === true ? client.#followEnsemble() : null;
    for (const identity of options.auth ?? []) session.addIdentity(identity);
    return { client, settings };
  }

  /**
   * Connects and opens a session, or takes up `options.session`.
   *
   * Rejects with `CONNECT_TIMEOUT` naming each host tried and why it could not be used, with
   * `SESSION_EXPIRED` if the session to take up is gone, with `AUTH_FAILED`, with `BAD_ARGUMENTS` for options
   * that cannot be, or with the reason of `options.signal`.
   */
  static async connect(options: ZooKeeperClientOptions): Promise<ZooKeeperClient> {
    checkOptions(options);
    options.signal?.throwIfAborted();
    const { client, settings } = ZooKeeperClient.#open(options);
    try {
      await firstSession(client.#session, settings, options.signal);
      return client;
    } catch (error) {
      await client.close();
      throw error;
    }
  }

  /**
   * Begins to connect and does not wait: for programs that must start without ZooKeeper, too. Tries until there is
   * a session or the client is closed; calls made before wait for it. `connectTimeoutMs` and `signal` end nothing here.
   * Throws `BAD_ARGUMENTS` for options that cannot be.
   *
   * @example
   * await using zk = ZooKeeperClient.startConnecting({ connectString: '127.0.0.1:2181' });
   * zk.on('state', (state) => console.log(state.kind));
   */
  static startConnecting(options: ZooKeeperClientOptions): ZooKeeperClient {
    checkOptions(options);
    const { client } = ZooKeeperClient.#open(options);
    client.#session.start().catch(() => {}); // `state` tells how it goes.
    return client;
  }

  /**
   * A client for the tree below `path`, which need not exist, in the same session: with its own paths, the same
   * watches, ephemerals and identities. It costs little: there may be one for each request. Closing the view ends its
   * events and nothing else. Throws `BAD_ARGUMENTS` for what cannot name a node.
   *
   * @example
   * await using orders = zk.below('/apps/orders');
   * await orders.get('/config'); // /apps/orders/config
   */
  below(path: string): ZooKeeperClient {
    const serverPath = this.#caller.paths.toServer(path);
    const chroot = new Chroot(serverPath === '/' ? '' : serverPath);
    return new ZooKeeperClient(this.#session, this.#caller.below(chroot), this);
  }

  #followEnsemble(): EnsembleFollower {
    return new EnsembleFollower(() => this.configAndWatch(), {
      named: (hosts) => {
        this.#session.useHosts(hosts);
        const text = hosts.map(formatHost).join(',');
        for (const each of [...this.#family]) each.emit('hosts', text);
      },
      refused: (error) => {
        for (const each of [...this.#family]) each.emit('hosts-refused', error);
      },
    });
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

  /**
   * Why each server that was tried since the client was last served could not be used: `host:port` → reason. Empty while
   * all is well.
   */
  get failures(): ReadonlyMap<string, string> {
    return this.#session.failures;
  }

  /** What this session's clients, the views included, have done and have to do. A snapshot; reading it is cheap. */
  get stats(): ClientStats {
    const { backlog, traffic, watches, unanswered } = this.#session;
    const { meter } = this.#caller;
    return {
      ...unanswered,
      unansweredBytes: backlog.bytes,
      ...traffic,
      watches: watches.size,
      operations: meter instanceof OperationMeter ? meter.snapshot() : {},
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
  async ready(options: ReadyOptions = NO_OPTIONS): Promise<void> {
    checkCallOptions(options, READY_OPTIONS);
    await this.#session.backlog.ready(options.signal);
  }

  /**
   * Adds an identity, shown again on every reconnect, and waits until a server has accepted it. Refused
   * credentials end the client: `AUTH_FAILED`. `signal` and `timeoutMs` end the wait and not the identity.
   */
  async addAuth(
    scheme: string,
    auth: Uint8Array | string,
    options: CallOptions = NO_OPTIONS,
  ): Promise<void> {
    checkCallOptions(options);
    options.signal?.throwIfAborted();
    checkIdentity({ scheme, auth }, 'addAuth');
    const accepted = this.#session.addIdentity({ scheme, auth });
    const { clock, meter } = this.#caller;
    return observed('addAuth', '', limitedAuth(accepted, scheme, options, clock), meter);
  }

  /**
   * Tries these servers from the next attempt to connect on; the option `followEnsemble` does so by itself with those
   * that the ensemble names. The connection that is open stays, also if its server is none of them. `hosts` is
   * `host:port,host:port`; throws `BAD_ARGUMENTS` for anything else, a chroot included: that cannot change.
   *
   * @example
   * zk.useHosts('zk2:2181,zk3:2181,zk4:2181');
   */
  useHosts(hosts: string): void {
    const { hosts: list, chroot } = parseConnectString(hosts);
    if (chroot !== '') {
      const message = `useHosts ${hosts}: leave out the chroot, it stays`;
      throw new ZooKeeperError('BAD_ARGUMENTS', message);
    }
    this.#session.useHosts(list);
  }

  /**
   * Ends the session if a server can be reached, and the client in any case: within two seconds, however
   * the servers are. Calls made before are answered first; calls made later reject with `CLOSED`.
   * Without a server the session's ephemerals stay until it expires. A view ({@link below}) only lets go.
   *
   * With `keepSession` the session and its ephemerals stay as well, for who takes it up with {@link sessionCredentials}
   * before it expires. Never two at once: each would take it from the other again and again.
   */
  async close(options: CloseOptions = {}): Promise<void> {
    requireObject('options', options);
    requireKnown('options', options, CLOSE_OPTIONS);
    requireBoolean('options.keepSession', options.keepSession);
    if (!this.#isView) return await this.#session.close(options);
    (this as EventEmitter).off('newListener', this.#join);
    this.#family.delete(this);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** For those whom no compiler tells. */
function calledWithNew(): ZooKeeperError {
  const message =
    'new ZooKeeperClient: await ZooKeeperClient.connect(options), or ZooKeeperClient.startConnecting(options)';
  return new ZooKeeperError('BAD_ARGUMENTS', message);
}

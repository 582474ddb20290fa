import type { ConnectResponse, RemoveWatchesRequest } from '../../protocol/index.ts';
import { AddWatchMode, ErrorCode, WatcherType } from '../../protocol/index.ts';
import { Backlog, type HighWaterMark } from '../calls/backlog.ts';
import { Call, type PendingCall } from '../calls/call.ts';
import { WaitingCalls } from '../calls/waiting-calls.ts';
import type { Clock, ClockTimer, Random } from '../clock.ts';
import { Connection, type ConnectionHandlers } from '../connection/connection.ts';
import type { SaslCredentials } from '../connection/sasl-digest-md5.ts';
import { Traffic } from '../connection/traffic.ts';
import type { Transport } from '../connection/transport.ts';
import { reconnectDelayMs } from '../hosts/backoff.ts';
import { formatHost, type HostPort } from '../hosts/connect-string.ts';
import type { HostList } from '../hosts/host-list.ts';
import { addWatch, closeSession, exists, removeWatches } from '../operations/operation.ts';
import { PersistentWatchRegistry } from '../watches/persistent-watch-registry.ts';
import type { OneShotWatch } from '../watches/watch.ts';
import { WatchRegistry } from '../watches/watch-registry.ts';
import { Identities, type Identity } from './identities.ts';
import { ReadWriteSearch } from './read-write-search.ts';
import { authFailedError, closedError, type ErrorFor, expiredError } from './session-errors.ts';
import type { SessionState } from './session-state.ts';

/** A connection that was of no use and lived shorter does not reset the back-off: no hot loop against a sick server. */
const STABLE_MS = 1000;
/** How long close() waits for the server to confirm. */
const CLOSE_TIMEOUT_MS = 2000;
const SHORTEST_OPEN_TIMEOUT_MS = 250;

/** What it takes to come back to a session from another process or a later client. */
export interface SessionCredentials {
  readonly id: bigint;
  readonly password: Uint8Array;
}

/** What a session is made from. */
export interface SessionOptions {
  readonly hosts: HostList;
  /** Asked for; the server may grant another. */
  readonly sessionTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly credentials: SessionCredentials | undefined;
  readonly sasl: SaslCredentials | undefined;
  readonly renewExpired: boolean;
  /** Whether a read-only server will do while there is no other. */
  readonly readOnly: boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly transport: Transport;
  readonly highWaterMark: HighWaterMark | undefined;
}

/** What a session tells its client; called in order, never from within another call. */
export interface SessionListener {
  stateChanged(state: SessionState): void;
  opened(session: { id: bigint; renewed: boolean }): void;
}

/** One session after the other, if so wished, over one connection after the other. See {@link SessionState}. */
export class Session {
  readonly watches = new WatchRegistry((request) => this.#removeWatches(request));
  readonly persistentWatches = new PersistentWatchRegistry((path) => this.#removePersistent(path));
  readonly identities = new Identities();
  readonly #options: SessionOptions;
  readonly #listener: SessionListener;
  readonly #started = Promise.withResolvers<void>();
  readonly #failures = new Map<string, string>();
  readonly backlog: Backlog;
  readonly traffic = new Traffic();
  readonly #queue: WaitingCalls;
  #state: SessionState = { kind: 'connecting' };
  #credentials: SessionCredentials;
  #id = 0n;
  #timeoutMs: number;
  #lastZxid = 0n;
  /** Dialling, or open exactly while the state is `connected` or `read-only`. */
  #connection: Connection | null = null;
  #search: ReadWriteSearch | null = null;
  /** Open to a read-write server, and to be used as soon as the read-only one has answered all it was asked. */
  #next: Connection | null = null;
  #connectedAt = 0;
  #attempt = 0;
  #redialTimer: ClockTimer | null = null;
  #expiryTimer: ClockTimer | null = null;
  #closing: Promise<void> | null = null;

  constructor(options: SessionOptions, listener: SessionListener) {
    this.#options = options;
    this.#listener = listener;
    this.#timeoutMs = options.sessionTimeoutMs;
    this.#credentials = options.credentials ?? NO_SESSION;
    this.backlog = new Backlog(options.highWaterMark);
    this.#queue = new WaitingCalls(this.backlog);
    this.#started.promise.catch(() => {});
  }

  get state(): SessionState {
    return this.#state;
  }

  /** Of the current or the last session; 0 before the first. */
  get id(): bigint {
    return this.#id;
  }

  /** Granted by the server; before that, asked for. */
  get timeoutMs(): number {
    return this.#timeoutMs;
  }

  get credentials(): SessionCredentials {
    return this.#credentials;
  }

  /** Why each server tried since the last success could not be used so far: `host:port` → reason. */
  get failures(): ReadonlyMap<string, string> {
    const { host, missing } = this.#connection ?? {};
    if (host === undefined || missing == null || this.#failures.has(host)) return this.#failures;
    return new Map([...this.#failures, [host, `${missing} yet`]]);
  }

  /** Calls sent and not answered, and calls that wait for a connection. */
  get unanswered(): { inFlight: number; waiting: number } {
    return { inFlight: this.#connection?.inFlight ?? 0, waiting: this.#queue.length };
  }

  /** Begins to connect; resolves with the first session, its identities accepted; rejects if there is none to come. */
  async start(): Promise<void> {
    this.#dial();
    await this.#started.promise;
    await this.identities.allAccepted();
  }

  /** Sends the call, now or when there is a connection, in the order of submission. */
  submit(call: PendingCall): void {
    try {
      if (this.#closing !== null) throw closedError(call.path);
      switch (this.#state.kind) {
        case 'connected':
        case 'read-only':
          if (this.#next === null) this.#connection?.send(call);
          else this.#queue.push(call);
          break;
        case 'connecting':
        case 'suspended':
          this.#queue.push(call);
          break;
        case 'expired':
          throw expiredError(call.path);
        case 'auth-failed':
          throw authFailedError(this.#state.reason, call.path);
        case 'closed':
          throw closedError(call.path);
      }
    } catch (error) {
      call.fail(error);
    }
  }

  /** Adds an identity for this connection and all later ones. */
  addIdentity(identity: Identity): Promise<void> {
    if (this.#closing !== null) return Promise.reject(closedError());
    const accepted = this.identities.add(identity);
    if (this.#isServed && this.#connection !== null) {
      this.identities.showLast(this.#connection);
    } else if (this.#state.kind === 'expired') {
      this.identities.reject(expiredError());
    } else if (this.#state.kind === 'auth-failed') {
      this.identities.reject(authFailedError(this.#state.reason));
    }
    return accepted;
  }

  /** Ends the session if a server can be told, and everything else in any case. Calls made before are answered first. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const connection = this.#connection;
    if (this.#isServed && connection !== null) {
      // A read-only server cannot end the session, but answers behind all it was asked before.
      const farewell = new Call(closeSession, undefined, '');
      connection.send(farewell);
      const { promise: timeout, resolve } = Promise.withResolvers<void>();
      const timer = this.#options.clock.setTimeout(resolve, CLOSE_TIMEOUT_MS);
      // The connection's end is as good as an answer.
      await Promise.race([farewell.promise.catch(() => {}), timeout]);
      timer.cancel();
    }
    this.#end({ kind: 'closed' }, closedError, 'closed');
  }

  get #isServed(): boolean {
    return this.#state.kind === 'connected' || this.#state.kind === 'read-only';
  }

  #dial(): void {
    this.#redialTimer = null;
    const { hosts, readOnly } = this.#options;
    const host = hosts.next();
    const connection = this.#connect(host, readOnly ? 'read-only-will-do' : 'read-write', {
      opened: (response) => this.#opened(connection, response),
      closed: (cause) => {
        const isReadOnly = readOnly && this.#credentials.id !== 0n && connection.wasTurnedAway;
        if (isReadOnly && this.#connection === connection) this.#dialAside(host);
        else this.#disconnected(connection, cause);
      },
    });
    this.#connection = connection;
  }

  /**
   * A read-only server turns away whoever has a session with the ensemble (ZooKeeper since 3.6: "Refusing global
   * session reconnection in RO mode"), but may open one of its own, to read with until the search is over.
   */
  #dialAside(host: HostPort): void {
    const connection = this.#connect(host, 'local', {
      opened: (response) => {
        if (response.readOnly === true) this.#opened(connection, response);
        else this.#giveBack(connection);
      },
      closed: (cause) => this.#disconnected(connection, cause),
    });
    this.#connection = connection;
  }

  /** The server takes writes after all: there it is the session that is wanted, not a second one. */
  #giveBack(connection: Connection): void {
    const farewell = new Call(closeSession, undefined, '');
    const close = () => connection.close(new Error(`${connection.host} takes writes again`));
    farewell.promise.then(close, close);
    connection.send(farewell);
  }

  #connect(
    host: HostPort,
    wanted: 'read-write' | 'read-only-will-do' | 'local',
    handlers: Pick<ConnectionHandlers, 'opened' | 'closed'>,
  ): Connection {
    const { hosts, clock, transport, connectTimeoutMs, sasl } = this.#options;
    const budgetMs = Math.min(connectTimeoutMs, this.#timeoutMs) / hosts.size;
    const { id, password } = wanted === 'local' ? NO_SESSION : this.#credentials;
    return new Connection(
      {
        host,
        transport,
        clock,
        sasl,
        backlog: this.backlog,
        traffic: this.traffic,
        openTimeoutMs: Math.max(SHORTEST_OPEN_TIMEOUT_MS, Math.round(budgetMs)),
        request: {
          protocolVersion: 0,
          lastZxidSeen: this.#lastZxid,
          timeoutMs: this.#options.sessionTimeoutMs,
          sessionId: id,
          password: Buffer.from(password),
          readOnly: wanted !== 'read-write',
        },
      },
      {
        ...handlers,
        refused: (reason) => this.#refused(reason),
        seen: (zxid) => {
          this.#lastZxid = zxid;
        },
        notified: (event) => {
          this.watches.fire(event);
          this.persistentWatches.fire(event);
        },
        authAnswered: (error) => this.#authAnswered(error),
      },
    );
  }

  #searchReadWrite(readOnlyHost: string): void {
    const { clock, random, hosts } = this.#options;
    // The only one there is ends its connections itself when it takes writes again.
    if (hosts.size === 1) return;
    const another = (): HostPort => {
      const host = hosts.next();
      return formatHost(host) === readOnlyHost ? hosts.next() : host;
    };
    this.#search = new ReadWriteSearch({
      clock,
      random,
      dial: ({ opened, closed }) => {
        const connection = this.#connect(another(), 'read-write', {
          opened: (response) => opened(connection, response),
          closed: (cause) => {
            // Once the client has moved there, it is its connection like any other.
            if (this.#connection === connection) this.#disconnected(connection, cause);
            else closed();
          },
        });
        return connection;
      },
      found: (connection, response) => this.#found(connection, response),
    });
  }

  /** Answers come in order: behind that of one more call nothing is under way on the old connection. */
  #found(next: Connection, response: ConnectResponse): void {
    this.#next = next;
    const last = new Call(exists, { path: '/', watch: false }, '');
    const move = () => {
      if (this.#next === next) this.#moveTo(next, response);
    };
    last.promise.then(move, move);
    this.#connection?.send(last);
  }

  #moveTo(next: Connection, response: ConnectResponse): void {
    this.#next = null;
    const old = this.#connection;
    if (!next.isClosed()) {
      this.#connection = next;
      old?.close(new Error(`${next.host} takes writes`));
      this.#opened(next, response);
    } else if (this.#state.kind === 'read-only') {
      for (const call of this.#queue.takeAll()) this.submit(call);
      this.#searchReadWrite(this.#state.host);
    }
  }

  #opened(connection: Connection, response: ConnectResponse): void {
    if (response.timeoutMs <= 0 || response.sessionId === 0n) {
      this.#expire('the server says so');
      return;
    }
    const readOnly = response.readOnly === true;
    const before = this.#id;
    // A read-only server cannot know whether the session still exists, nor can what it opens itself go elsewhere.
    if (!readOnly) {
      this.#id = response.sessionId;
      this.#credentials = {
        id: response.sessionId,
        password: Buffer.from(response.password ?? NO_SESSION.password),
      };
      this.#timeoutMs = response.timeoutMs;
    }
    this.#connectedAt = this.#options.clock.monotonic();
    this.#failures.clear();
    this.#stopTimers();
    this.traffic.connections += 1;
    if (this.#id !== before) this.traffic.sessions += 1;
    const kind = readOnly ? 'read-only' : 'connected';
    this.#become({ kind, sessionId: response.sessionId, host: connection.host });
    if (readOnly) this.#searchReadWrite(connection.host);
    // In this order: a watch needs the right to read, and a call may need both.
    this.identities.showAll(connection);
    for (const request of this.watches.setWatches(this.#lastZxid)) {
      connection.sendSetWatches(request);
    }
    // Behind the others: before 3.9 the later watch on a path decides its mode.
    for (const request of this.persistentWatches.setWatches(this.#lastZxid)) {
      connection.sendSetWatches2(request);
    }
    this.persistentWatches.reportGap();
    for (const call of this.#queue.takeAll()) this.submit(call);
    if (this.#id !== before) {
      const id = this.#id;
      const renewed = before !== 0n;
      queueMicrotask(() => this.#listener.opened({ id, renewed }));
    }
    this.#started.resolve();
  }

  /** Best effort: a watch left behind fires once, for nobody. */
  #removeWatches(request: RemoveWatchesRequest): void {
    if (!this.#isServed || this.#closing !== null) return;
    // Before 3.9 the server's persistent watch on the path would go as well.
    if (this.persistentWatches.has(request.path)) return;
    const call = new Call(removeWatches, request, request.path);
    call.promise.catch(() => {});
    this.submit(call);
  }

  /** Best effort: one left behind ends with the connection, and is for nobody. */
  async #removePersistent(path: string): Promise<void> {
    if (!this.#isServed || this.#closing !== null) return;
    // A one-shot watch that a read under way is to leave cannot be told from it.
    if (this.watches.isExpected(path)) return;
    const call = new Call(removeWatches, { path, type: WatcherType.any }, path);
    this.submit(call);
    // One-shot watches on the path have gone with it.
    const rearm = this.watches.setWatchesAt(path, this.#lastZxid);
    if (rearm !== null && this.#next === null) this.#connection?.sendSetWatches(rearm);
    await call.promise.catch(() => {});
  }

  /**
   * Call it behind a read that leaves a one-shot watch. Before 3.9 that turns a persistent watch on the same path
   * into a one-shot one (ZOOKEEPER-4466), so it is asked for again; what came between the two is a gap.
   */
  keepPersistent(watch: OneShotWatch): void {
    const path = watch.serverPath;
    if (!this.persistentWatches.has(path)) return;
    const recursive = this.persistentWatches.isRecursive(path);
    const mode = recursive ? AddWatchMode.persistentRecursive : AddWatchMode.persistent;
    const call = new Call(addWatch, { path, mode }, path, () => {
      if (watch.fired) this.persistentWatches.reportGapAt(path);
    });
    call.promise.catch(() => {});
    this.submit(call);
  }

  #authAnswered(error: number): void {
    if (error === ErrorCode.OK) this.identities.accepted();
    else this.#refused(`the server refused the ${this.identities.oldestUnanswered} identity`);
  }

  #refused(reason: string): void {
    const error: ErrorFor = (path) => authFailedError(reason, path);
    this.#end({ kind: 'auth-failed', reason }, error, 'closed');
  }

  #disconnected(connection: Connection, cause: Error): void {
    if (this.#connection !== connection) return;
    this.#connection = null;
    this.#failures.set(connection.host, cause.message);
    if (this.#closing !== null) return;
    const { clock, hosts, random } = this.#options;
    if (this.#isServed) {
      this.#search?.stop();
      this.#search = null;
      const stable = connection.hasAnswered || clock.monotonic() - this.#connectedAt >= STABLE_MS;
      this.#attempt = stable ? 0 : this.#attempt + 1;
      this.#become({ kind: 'suspended', since: clock.now() });
      this.#armExpiry(connection);
    } else {
      this.#attempt += 1;
    }
    const delay = reconnectDelayMs(this.#attempt, hosts.size, random);
    this.#redialTimer = clock.setTimeout(() => this.#dial(), delay);
  }

  /**
   * The server counts the timeout from the last packet it got and rounds up to its tick; 4/3 of it
   * after our last packet the session is surely gone (ZooKeeper: ZOOKEEPER-4508). Whatever the clock
   * says, a third of the timeout is left for asking a server: this process may have been stalled
   * together with them.
   */
  #armExpiry(connection: Connection): void {
    // Who has only seen read-only servers has no session to lose.
    if (this.#credentials.id === 0n) return;
    const { clock } = this.#options;
    const sinceSentMs = clock.monotonic() - (connection.lastSentAt ?? clock.monotonic());
    const delay = Math.max(this.#timeoutMs / 3, (this.#timeoutMs * 4) / 3 - sinceSentMs);
    this.#expiryTimer = clock.setTimeout(
      () => this.#expire(`no server reached for ${Math.round(delay)} ms`),
      delay,
    );
  }

  #expire(why: string): void {
    const renew = this.#options.renewExpired && this.#closing === null;
    const error = (path?: string) => expiredError(path, why);
    this.#credentials = NO_SESSION;
    // Another server, or a restarted one, may be behind what the lost session saw.
    this.#lastZxid = 0n;
    if (!renew) {
      this.#end({ kind: 'expired' }, error, 'session-expired');
      return;
    }
    this.#leave(error, 'session-expired');
    this.#become({ kind: 'expired' });
    this.#become({ kind: 'connecting' });
    const { clock, hosts, random } = this.#options;
    const delay = reconnectDelayMs(this.#attempt++, hosts.size, random);
    this.#redialTimer = clock.setTimeout(() => this.#dial(), delay);
  }

  /** For good. */
  #end(state: SessionState, error: ErrorFor, reason: 'session-expired' | 'closed'): void {
    this.#leave(error, reason);
    this.#become(state);
    this.identities.reject(error());
    this.#started.reject(error());
  }

  /** Lets go of the connection and of all that belongs to the session. */
  #leave(error: ErrorFor, reason: 'session-expired' | 'closed'): void {
    this.#stopTimers();
    const connection = this.#connection;
    const next = this.#next;
    this.#connection = null;
    this.#next = null;
    connection?.close(error());
    next?.close(error());
    this.watches.lose(reason);
    this.persistentWatches.lose(reason);
    for (const call of this.#queue.takeAll()) call.fail(error(call.path));
  }

  #stopTimers(): void {
    this.#redialTimer?.cancel();
    this.#redialTimer = null;
    this.#expiryTimer?.cancel();
    this.#expiryTimer = null;
    this.#search?.stop();
    this.#search = null;
  }

  #become(state: SessionState): void {
    if (this.#state.kind === 'closed') return;
    this.#state = state;
    // Later, so that a listener that throws or calls back does so outside of the transition.
    queueMicrotask(() => this.#listener.stateChanged(state));
  }
}

const NO_SESSION: SessionCredentials = Object.freeze({ id: 0n, password: Buffer.alloc(16) });

import { type ConnectResponse, ErrorCode } from '../../protocol/index.ts';
import { Backlog } from '../calls/backlog.ts';
import type { PendingCall } from '../calls/call.ts';
import { WaitingCalls } from '../calls/waiting-calls.ts';
import type { Connection } from '../connection/connection.ts';
import { Traffic } from '../connection/traffic.ts';
import type { HostPort } from '../hosts/connect-string.ts';
import { Dialler } from './dialler.ts';
import { type CloseOptions, farewell } from './farewell.ts';
import { Grant, type SessionCredentials } from './grant.ts';
import { Identities, type Identity } from './identities.ts';
import { ReadWriteMove } from './read-write-move.ts';
import { Reconnection } from './reconnection.ts';
import {
  authFailedError,
  closedError,
  type ErrorFor,
  expiredError,
  finalError,
} from './session-errors.ts';
import type { SessionListener, SessionOptions } from './session-options.ts';
import type { SessionState } from './session-state.ts';
import { SessionWatches } from './session-watches.ts';

/** One session after the other, if so wished, over one connection after the other. See {@link SessionState}. */
export class Session {
  readonly watches = new SessionWatches({
    isReachable: () => this.#isServed() && this.#closing === null,
    submit: (call) => this.submit(call),
    rearm: (request) => {
      if (this.#move?.isUnderWay !== true) this.#connection?.sendSetWatches(request);
    },
    lastZxid: () => this.#grant.lastZxid,
    maxPacketBytes: () => this.#options.limits.maxPacketBytes,
  });
  readonly identities: Identities;
  readonly backlog: Backlog;
  readonly traffic = new Traffic();
  readonly #options: SessionOptions;
  readonly #listener: SessionListener;
  readonly #started = Promise.withResolvers<void>();
  readonly #failures = new Map<string, string>();
  readonly #grant: Grant;
  readonly #dialler: Dialler;
  readonly #reconnection: Reconnection;
  readonly #queue: WaitingCalls;
  #state: SessionState = { kind: 'connecting' };
  /** Dialling, or open exactly while the state is `connected` or `read-only`. */
  #connection: Connection | null = null;
  /** Away from the read-only server that serves the client, or did before the cut; null while `connected`. */
  #move: ReadWriteMove | null = null;
  #closing: Promise<void> | null = null;

  constructor(options: SessionOptions, listener: SessionListener) {
    this.#options = options;
    this.#listener = listener;
    this.identities = new Identities(options.limits.maxPacketBytes);
    this.backlog = new Backlog(options.highWaterMark);
    this.#queue = new WaitingCalls(this.backlog, options.limits.maxPacketBytes);
    this.#grant = new Grant(options.sessionTimeoutMs, options.credentials);
    this.#dialler = new Dialler(options, this.#grant, this, {
      refused: (reason) => this.#saslRefused(reason),
      notified: (event) => this.watches.fire(event),
      authAnswered: (error) => this.#authAnswered(error),
    });
    this.#reconnection = new Reconnection(options, {
      dial: () => this.#dial(),
      expire: (why) => this.#expire(why),
    });
    this.#started.promise.catch(() => {});
  }

  get state(): SessionState {
    return this.#state;
  }

  /** Of the current or the last session; 0 before the first. */
  get id(): bigint {
    return this.#grant.id;
  }

  /** Granted by the server; before that, asked for. */
  get timeoutMs(): number {
    return this.#grant.timeoutMs;
  }

  get credentials(): SessionCredentials {
    return this.#grant.credentials;
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
      const end = finalError(this.#state, call.path);
      if (end !== null) throw end;
      const mustWait = !this.#isServed() || this.#move?.isUnderWay === true;
      if (mustWait) this.#queue.push(call);
      else this.#connection?.send(call);
    } catch (error) {
      call.fail(error);
    }
  }

  /** Adds an identity for this connection and all later ones. Throws `BAD_ARGUMENTS` if it is too long to be sent. */
  addIdentity(identity: Identity): Promise<void> {
    if (this.#closing !== null) return Promise.reject(closedError());
    const accepted = this.identities.add(identity);
    const end = finalError(this.#state);
    if (end !== null) this.identities.reject(end);
    else if (this.#isServed() && this.#connection !== null) {
      this.identities.showLast(this.#connection);
    }
    return accepted;
  }

  /** Tries these servers from now on. The connection there is stays. */
  useHosts(hosts: readonly HostPort[]): void {
    this.#options.hosts.replace(hosts);
    this.#failures.clear();
    const isStuck = this.#state.kind === 'read-only' && this.#move === null;
    if (isStuck && this.#connection !== null) this.#beginMove(this.#connection);
  }

  /**
   * Ends the session if a server can be told and it is not to be kept, and everything else in any case. Calls made before
   * are answered first.
   */
  close(options: CloseOptions): Promise<void> {
    this.#closing ??= this.#close(options);
    return this.#closing;
  }

  async #close(options: CloseOptions): Promise<void> {
    const connection = this.#connection;
    const { clock } = this.#options;
    if (this.#isServed() && connection !== null) await farewell(connection, clock, options);
    this.#end({ kind: 'closed' }, closedError, 'closed');
  }

  /** No getter: V8 compiles a private one to a call into its runtime, in every call of the client. */
  #isServed(): boolean {
    return this.#state.kind === 'connected' || this.#state.kind === 'read-only';
  }

  #dial(): void {
    this.#connection = this.#dialler.dialNext({
      opened: (connection, response) => this.#opened(connection, response),
      closed: (connection, cause) => this.#disconnected(connection, cause),
      replaced: (connection) => {
        this.#connection = connection;
      },
    });
  }

  /** To a server that takes writes, from the read-only one on this connection. */
  #beginMove(from: Connection): void {
    const { clock, random, hosts } = this.#options;
    // The only one there is ends its connections itself when it takes writes again.
    if (hosts.isOnly(from.host)) return;
    this.#move = new ReadWriteMove({
      clock,
      random,
      from,
      dial: ({ opened, closed }) =>
        this.#dialler.dialAnother(from.host, {
          opened,
          closed: (connection, cause) => {
            // Once the client has moved there, it is its connection like any other.
            if (this.#connection === connection) this.#disconnected(connection, cause);
            else closed();
          },
        }),
      moved: (next, response) => {
        this.#connection = next;
        from.close(new Error(`${next.host} takes writes`));
        this.#opened(next, response);
      },
      failed: () => {
        if (this.#state.kind !== 'read-only') return;
        for (const call of this.#queue.takeAll()) this.submit(call);
        this.#beginMove(from);
      },
    });
  }

  #opened(connection: Connection, response: ConnectResponse): void {
    if (response.timeoutMs <= 0 || response.sessionId === 0n) {
      this.#expire('the server says so');
      return;
    }
    const readOnly = response.readOnly === true;
    const before = this.#grant.id;
    // A read-only server cannot know whether the session still exists, nor can what it opens itself go elsewhere.
    if (!readOnly) this.#grant.take(response);
    const { id } = this.#grant;
    this.#failures.clear();
    this.#reconnection.opened();
    this.#endMove(new Error(`${connection.host} serves the session`));
    this.traffic.connections += 1;
    if (id !== before) this.traffic.sessions += 1;
    const kind = readOnly ? 'read-only' : 'connected';
    this.#become({ kind, sessionId: response.sessionId, host: connection.host });
    if (readOnly) this.#beginMove(connection);
    // In this order: a watch needs the right to read, and a call may need both.
    this.identities.showAll(connection);
    this.watches.armAll(connection);
    for (const call of this.#queue.takeAll()) this.submit(call);
    if (id !== before) {
      queueMicrotask(() => this.#listener.opened({ id, renewed: before !== 0n }));
    }
    this.#started.resolve();
  }

  #authAnswered(error: number): void {
    if (error === ErrorCode.OK) this.identities.accepted();
    else this.#refused(`the server refused the ${this.identities.oldestUnanswered} identity`);
  }

  #saslRefused(reason: string): void {
    const mayChange = typeof this.#options.sasl === 'function';
    if (!mayChange || this.traffic.sessions === 0) this.#refused(reason);
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
    if (!this.#isServed()) {
      this.#reconnection.failed();
      return;
    }
    this.#move?.endSearch();
    this.#become({ kind: 'suspended', since: this.#options.clock.now() });
    const { isHeld, timeoutMs } = this.#grant;
    this.#reconnection.cut(connection, isHeld ? timeoutMs : null);
  }

  #expire(why: string): void {
    const renew = this.#options.renewExpired && this.#closing === null;
    const error = (path?: string) => expiredError(path, why);
    this.#grant.lose();
    if (!renew) {
      this.#end({ kind: 'expired' }, error, 'session-expired');
      return;
    }
    this.#leave(error, 'session-expired');
    this.#become({ kind: 'expired' });
    this.#become({ kind: 'connecting' });
    this.#reconnection.renew();
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
    this.#reconnection.stop();
    const connection = this.#connection;
    this.#connection = null;
    connection?.close(error());
    this.#endMove(error());
    this.watches.lose(reason);
    for (const call of this.#queue.takeAll()) call.fail(error(call.path));
  }

  #endMove(cause: Error): void {
    this.#move?.stop(cause);
    this.#move = null;
  }

  #become(state: SessionState): void {
    if (this.#state.kind === 'closed') return;
    this.#state = state;
    // Later, so that a listener that throws or calls back does so outside of the transition.
    queueMicrotask(() => this.#listener.stateChanged(state));
  }
}

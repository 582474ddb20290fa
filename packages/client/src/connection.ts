import type { Welcome } from '@mpim/protocol';
import { backoffMs, pause } from './backoff.ts';
import { MpimError, toMpimError } from './errors.ts';
import { Link, type Push } from './link.ts';
import type { AnswerValue, RequestKind, RequestValue } from './requests.ts';
import type { CloseReason, ConnectionState, Timing } from './types.ts';

/** What the connection needs of its owner. */
export interface ConnectionOwner {
  /** The token to say hello with; a rejection that is not retryable closes for good. */
  token(): Promise<string>;
  /** Called once per link after the welcome; the state is `syncing` until it resolves. `ended` aborts with the link. */
  synchronise(welcome: Welcome, ended: AbortSignal): Promise<void>;
  /** A push that is not a goodbye. */
  pushed(push: Push): void;
  /** The state changed. */
  changed(state: ConnectionState): void;
}

/** The life of the client's connection: one link after the other, and the state everyone sees. */
export class Connection {
  readonly #address: string;
  readonly #timing: Timing;
  readonly #owner: ConnectionOwner;
  readonly #stop = new AbortController();
  readonly #waiting = new Set<() => void>();
  #state: ConnectionState = { kind: 'connecting' };
  #link: Link | undefined;
  #nap: AbortController | undefined;
  #welcomed = false;

  constructor(address: string, timing: Timing, owner: ConnectionOwner) {
    this.#address = address;
    this.#timing = timing;
    this.#owner = owner;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Connects and stays connected until closed; resolves then. */
  async run(): Promise<void> {
    let failures = 0;
    while (!this.#stop.signal.aborted) {
      this.#enter({ kind: 'connecting' });
      const error = await this.#live(() => {
        failures = 0;
      });
      if (this.#stop.signal.aborted) return;
      const { reconnectMinMs, reconnectMaxMs, random } = this.#timing;
      const delayMs = Math.max(
        error.retryAfterMs,
        backoffMs(failures, reconnectMinMs, reconnectMaxMs, random),
      );
      failures += 1;
      this.#enter({ kind: 'offline', retryAt: Date.now() + Math.ceil(delayMs), error });
      this.#nap = new AbortController();
      await pause(delayMs, this.#nap.signal);
    }
  }

  /** Ends a wait between two attempts, e.g. when the machine is back on the network. */
  reconnectNow(): void {
    this.#nap?.abort();
  }

  /** Closes for good. */
  close(reason: CloseReason, error = closedError(reason)): void {
    if (this.#stop.signal.aborted) return;
    this.#stop.abort();
    this.#link?.end(error);
    this.#link = undefined;
    this.#nap?.abort();
    this.#enter({ kind: 'closed', reason, error });
    this.#wake();
  }

  /** One request on the link of the moment. Rejects CONNECTION_LOST at once when there is none. */
  attempt<K extends RequestKind>(kind: K, value: RequestValue<K>): Promise<AnswerValue<K>> {
    const link = this.#link;
    if (link === undefined || !this.#welcomed) {
      return Promise.reject(
        new MpimError('CONNECTION_LOST', 'not connected to the gateway', { retryable: true }),
      );
    }
    return link.call(kind, value, this.#timing.attemptTimeoutMs);
  }

  /**
   * A request that waits for a link and is repeated over reconnects and retryable failures until
   * `requestTimeoutMs` is over. Every request of the envelope is safe to repeat.
   */
  async call<K extends RequestKind>(kind: K, value: RequestValue<K>): Promise<AnswerValue<K>> {
    const { requestTimeoutMs, random } = this.#timing;
    const overdue = AbortSignal.timeout(requestTimeoutMs);
    let last: MpimError | undefined;
    for (let failures = 0; ; failures += 1) {
      await this.#linked(overdue);
      if (this.#state.kind === 'closed') throw this.#state.error;
      if (overdue.aborted) throw last ?? overdueError(kind, requestTimeoutMs);
      try {
        return await this.attempt(kind, value);
      } catch (error) {
        last = toMpimError(error);
        if (!last.retryable) throw last;
      }
      await pause(Math.max(last.retryAfterMs, backoffMs(failures, 100, 2000, random)), overdue);
    }
  }

  async #live(online: () => void): Promise<MpimError> {
    let token: string;
    try {
      token = await this.#owner.token();
    } catch (thrown) {
      const error = toMpimError(thrown);
      if (!error.retryable) this.close('unauthenticated', error);
      return error;
    }
    let link: Link;
    let welcome: Welcome;
    try {
      link = await Link.open(
        this.#address,
        this.#timing.attemptTimeoutMs,
        this.#stop.signal,
        (push) => this.#pushed(push),
      );
      if (this.#stop.signal.aborted) link.end(closedError('closed'));
      else this.#link = link;
      welcome = await link.call('hello', { token }, this.#timing.attemptTimeoutMs);
    } catch (thrown) {
      const error = toMpimError(thrown);
      this.#link?.end(error);
      this.#link = undefined;
      if (error.code === 'UNAUTHENTICATED') this.close('unauthenticated', error);
      return error;
    }
    link.keepAlive(welcome.pingIntervalMs > 0 ? welcome.pingIntervalMs : 20_000);
    this.#welcomed = true;
    this.#enter({ kind: 'syncing' });
    this.#wake();
    const end = new Promise<void>((resolve) => {
      if (link.ended.aborted) resolve();
      else link.ended.addEventListener('abort', () => resolve(), { once: true });
    });
    await Promise.race([this.#owner.synchronise(welcome, link.ended), end]);
    if (!link.ended.aborted) {
      online();
      this.#enter({ kind: 'online' });
      await end;
    }
    this.#welcomed = false;
    this.#link = undefined;
    return toMpimError(link.ended.reason);
  }

  #pushed(push: Push): void {
    if (push.$case !== 'goodbye') {
      this.#owner.pushed(push);
      return;
    }
    const { reason } = push.value;
    if (reason === 'session-revoked' || reason === 'replaced') {
      this.close(reason);
      return;
    }
    const why = `the gateway said goodbye: ${reason}`;
    const error = new MpimError('UNAVAILABLE', why, { retryable: true });
    this.#welcomed = false;
    if (reason === 'draining') this.#link?.endWhenIdle(error);
    else this.#link?.end(error);
  }

  async #linked(overdue: AbortSignal): Promise<void> {
    while (!this.#welcomed && !overdue.aborted && !this.#stop.signal.aborted) {
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.#waiting.delete(wake);
          overdue.removeEventListener('abort', wake);
          resolve();
        };
        this.#waiting.add(wake);
        overdue.addEventListener('abort', wake);
      });
    }
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  #enter(state: ConnectionState): void {
    if (this.#state.kind === 'closed') return;
    const unchanged = state.kind === 'connecting' && this.#state.kind === 'connecting';
    this.#state = state;
    if (!unchanged) this.#owner.changed(state);
  }
}

/** What waits on a closed client fails with this. */
function closedError(reason: CloseReason): MpimError {
  return reason === 'closed' || reason === 'logged-out'
    ? new MpimError('CLOSED', 'the client was closed')
    : new MpimError('UNAUTHENTICATED', `the session has ended (${reason}); log in again`);
}

function overdueError(kind: string, timeoutMs: number): MpimError {
  return new MpimError('DEADLINE_EXCEEDED', `${kind} could not be done within ${timeoutMs} ms`, {
    retryable: true,
  });
}

import { noProviderError, RpcError } from '../errors.ts';
import { backoffMs, CONNECT_BACKOFF } from '../resilience/backoff.ts';
import { isHostFault, type OutlierDetector } from '../resilience/outlier-detector.ts';
import { retryRule } from '../resilience/retry-rule.ts';
import type { Instance } from '../resolver.ts';
import type { Clock, ClockTimer, Random } from '../time/clock.ts';
import { type TimerWheel, WheelEntry } from '../time/timer-wheel.ts';
import type { Metadata } from '../wire/metadata.ts';
import type { BoundMethod, InstanceCandidate } from './bound-method.ts';
import type { ClientConnection } from './client-connection.ts';

/** What a call needs of its channel. */
export interface CallHost {
  readonly clock: Clock;
  readonly random: Random;
  readonly wheel: TimerWheel;
  readonly outliers: OutlierDetector;
  /** Finds out who provides the method, without a promise when that is known. */
  resolve(method: BoundMethod): readonly Instance[] | Promise<readonly Instance[]>;
  /** Chooses an instance; `undefined` when there is none for the call. */
  pick(call: ClientCall, instances: readonly Instance[]): InstanceCandidate | undefined;
  /** The channel is closed: no further attempts. */
  readonly closed: boolean;
  /** Calls that neither a connection nor an endpoint knows of, for the channel to find when it closes. */
  readonly parked: Set<ClientCall>;
}

/** The choices of one call that its attempts share. */
export interface CallTarget {
  readonly instance: string | undefined;
  readonly hashKey: string | undefined;
}

/**
 * Where a call is. `waiting`: for its instances to be resolved, its connection, or a pause before the next
 * attempt; `sent`: for its answer; `done`: answered, failed or given up. `done` is final.
 */
type CallState = 'waiting' | 'sent' | 'done';

/**
 * One call from request to answer, over as many attempts as the retry rule allows. It is its own entry in
 * the timer wheel and in the connection's table, so a call costs one object and one promise (`bench rpc`).
 */
export class ClientCall extends WheelEntry {
  readonly method: BoundMethod;
  readonly payload: Uint8Array;
  readonly metadata: Metadata | undefined;
  readonly target: CallTarget | undefined;
  readonly #host: CallHost;
  readonly #resolve: (response: unknown) => void;
  readonly #reject: (error: unknown) => void;
  /** Its id on the connection it was sent on. */
  id = 0;
  #state: CallState = 'waiting';
  #deadline = Infinity;
  #deadlineMs = Infinity;
  #connection: ClientConnection | undefined;
  #mark = -1;
  #candidate: InstanceCandidate | undefined;
  /** Instances this call has failed on. */
  #tried: InstanceCandidate[] | undefined;
  #attempts = 0;
  #sentAttempts = 0;
  #lastError: RpcError | undefined;
  #isParked = false;
  #pause: ClockTimer | undefined;
  #isFresh = false;
  #signal: AbortSignal | undefined;
  #onAbort: (() => void) | undefined;

  constructor(
    host: CallHost,
    method: BoundMethod,
    payload: Uint8Array,
    metadata: Metadata | undefined,
    target: CallTarget | undefined,
    resolve: (response: unknown) => void,
    reject: (error: unknown) => void,
  ) {
    super();
    this.#host = host;
    this.method = method;
    this.payload = payload;
    this.metadata = metadata;
    this.target = target;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  get isDone(): boolean {
    return this.#state === 'done';
  }

  /** Begins, with `deadlineMs` (Infinity for none) to go. */
  start(deadlineMs: number, signal: AbortSignal | undefined): void {
    if (signal !== undefined && !this.#listenTo(signal)) return;
    this.#deadlineMs = deadlineMs;
    if (deadlineMs !== Infinity) {
      this.#deadline = this.#host.clock.monotonic() + deadlineMs;
      if (deadlineMs <= 0) {
        this.onDeadline();
        return;
      }
      this.#host.wheel.add(this, this.#deadline);
    }
    this.#isFresh = true;
    this.#attempt();
    this.#isFresh = false;
  }

  /** Whole milliseconds until the deadline, at least 1; Infinity without one. */
  remainingMs(): number {
    if (this.#deadline === Infinity) return Infinity;
    // Sent in the same breath as it began: no need to ask the clock again.
    const remaining = this.#isFresh
      ? this.#deadlineMs
      : this.#deadline - this.#host.clock.monotonic();
    return Math.min(Math.max(Math.ceil(remaining), 1), 0xffffffff);
  }

  /** True when the call has failed on this instance already. */
  hasTried(candidate: InstanceCandidate): boolean {
    return this.#tried?.includes(candidate) ?? false;
  }

  /** The connection has written the request. `mark`: see FrameLink. */
  sentOn(connection: ClientConnection, mark: number): void {
    this.#state = 'sent';
    this.#connection = connection;
    this.#mark = mark;
    this.#sentAttempts++;
  }

  /** The answer is there. */
  receive(bytes: Buffer, start: number, end: number): void {
    let response: unknown;
    try {
      response = this.method.definition.responseType.decode(
        new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start),
      );
    } catch (cause) {
      this.reject(
        new RpcError('INTERNAL', `${this.method.label}: the response cannot be decoded`, {
          reason: 'BAD_RESPONSE',
          sent: true,
          cause,
        }),
      );
      return;
    }
    if (this.#candidate !== undefined) {
      this.#host.outliers.succeeded(this.#candidate.endpoint.health);
    }
    this.#finish();
    this.#resolve(response);
  }

  /** Ends the call with this error, whatever could still be tried. */
  reject(error: unknown): void {
    if (this.#state === 'done') return;
    if (this.#state === 'sent') this.#judge(error);
    this.#finish();
    this.#reject(error);
  }

  /** The connection broke while the answer was awaited. */
  connectionLost(cause: RpcError): void {
    const sent = !this.#connection?.link.wasHeldBack(this.#mark);
    this.attemptFailed(
      new RpcError('UNAVAILABLE', `${this.method.label}: ${cause.message}`, {
        reason: cause.reason ?? 'CONNECTION_LOST',
        sent,
        cause,
      }),
    );
  }

  /** An attempt failed on the way, not by a handler's answer: tries again where the retry rule says so. */
  attemptFailed(error: RpcError): void {
    if (this.#state === 'done') return;
    // Written, but no handler saw it: the peer says so, or it never left.
    if (this.#state === 'sent' && !error.sent) this.#sentAttempts--;
    this.#state = 'waiting';
    this.#connection = undefined;
    this.#lastError = error;
    if (this.#host.closed) {
      this.close();
      return;
    }
    const failed = this.#candidate;
    this.#release();
    if (failed !== undefined) {
      this.#tried ??= [];
      if (!this.#tried.includes(failed)) this.#tried.push(failed);
    }
    const pinned = this.target?.instance !== undefined;
    const untried = pinned ? 0 : this.method.candidates.filter((c) => !this.hasTried(c)).length;
    const next = retryRule({
      error,
      idempotent: this.method.idempotent,
      sentAttempts: this.#sentAttempts,
      attempts: this.#attempts,
      untried,
    });
    if (next === 'next') {
      this.#attempt();
    } else if (next === 'pause') {
      this.#tried = undefined;
      const { clock, random } = this.#host;
      const ms = backoffMs(CONNECT_BACKOFF, this.#sentAttempts, random);
      this.#park();
      this.#pause = clock.setTimeout(() => this.#attempt(), ms);
    } else {
      this.reject(this.#unreachable(error));
    }
  }

  /** The channel closes. */
  close(): void {
    this.reject(
      new RpcError('CANCELLED', `${this.method.label}: the channel was closed`, {
        reason: 'CHANNEL_CLOSED',
        sent: this.#sentAttempts > 0,
      }),
    );
  }

  override onDeadline(): void {
    const where = this.#state === 'sent' ? ' for its answer' : this.#whereWaiting();
    this.#giveUp(
      new RpcError(
        'DEADLINE_EXCEEDED',
        `${this.method.label}: the deadline of ${this.#deadlineMs} ms passed while waiting${where}`,
        {
          sent: this.#sentAttempts > 0,
          ...(this.#lastError === undefined ? {} : { cause: this.#lastError }),
        },
      ),
    );
  }

  #listenTo(signal: AbortSignal): boolean {
    const cancelled = (): void => {
      this.#giveUp(
        new RpcError('CANCELLED', `${this.method.label}: cancelled by the caller`, {
          sent: this.#sentAttempts > 0,
          cause: signal.reason,
        }),
      );
    };
    if (signal.aborted) {
      cancelled();
      return false;
    }
    this.#signal = signal;
    this.#onAbort = cancelled;
    signal.addEventListener('abort', cancelled);
    return true;
  }

  #giveUp(error: RpcError): void {
    const connection = this.#state === 'sent' ? this.#connection : undefined;
    this.reject(error);
    connection?.cancel(this.id);
  }

  #attempt(): void {
    this.#attempts++;
    try {
      const instances = this.#host.resolve(this.method);
      if (isPromise(instances)) {
        this.#park();
        instances.then(
          (list) => this.#dispatch(list),
          (error: unknown) => this.#resolveFailed(error),
        );
      } else {
        this.#dispatch(instances);
      }
    } catch (error) {
      this.#resolveFailed(error);
    }
  }

  #dispatch(instances: readonly Instance[]): void {
    if (this.#state === 'done') return;
    if (this.#isParked) this.#unpark();
    const candidate = this.#host.pick(this, instances);
    if (candidate === undefined) {
      this.reject(this.#nobody(instances));
      return;
    }
    this.#candidate = candidate;
    candidate.endpoint.inFlight++;
    candidate.endpoint.send(this);
  }

  #resolveFailed(error: unknown): void {
    if (error instanceof RpcError) {
      this.reject(error);
      return;
    }
    this.reject(
      new RpcError(
        'UNAVAILABLE',
        `${this.method.label}: looking for its instances failed: ${error instanceof Error ? error.message : String(error)}`,
        { reason: 'RESOLVE_FAILED', sent: this.#sentAttempts > 0, cause: error },
      ),
    );
  }

  #nobody(instances: readonly Instance[]): RpcError {
    const pinned = this.target?.instance;
    if (this.#lastError !== undefined) return this.#unreachable(this.#lastError);
    if (instances.length === 0 || pinned === undefined) {
      return noProviderError(this.method.service, this.method.name);
    }
    return new RpcError(
      'UNAVAILABLE',
      `${this.method.label}: there is no instance ${pinned} of ${this.method.service}`,
      { reason: 'NO_INSTANCE' },
    );
  }

  /** What the caller hears when attempts ran out: UNAVAILABLE, and `sent` if any of them was. */
  #unreachable(error: RpcError): RpcError {
    const sent = this.#sentAttempts > 0;
    if (sent && error.sent) return error;
    const count = this.#tried?.length ?? 0;
    return new RpcError(
      'UNAVAILABLE',
      count > 1
        ? `${this.method.label}: none of ${count} instances could take the call; the last one: ${error.message}`
        : `${this.method.label}: ${error.message}`,
      { reason: error.reason ?? 'UNREACHABLE', sent, cause: error },
    );
  }

  /** What the error says about the instance that was to answer. */
  #judge(error: unknown): void {
    if (this.#candidate === undefined || !(error instanceof RpcError)) return;
    const { outliers } = this.#host;
    const { health } = this.#candidate.endpoint;
    if (isHostFault(error.code)) outliers.answeredBadly(health);
    else if (error.code !== 'CANCELLED') outliers.succeeded(health);
  }

  #whereWaiting(): string {
    const endpoint = this.#candidate?.endpoint;
    return endpoint === undefined
      ? ' for an instance to call'
      : ` for a connection to ${endpoint.address.host}:${endpoint.address.port}`;
  }

  #park(): void {
    this.#isParked = true;
    this.#host.parked.add(this);
  }

  #unpark(): void {
    this.#isParked = false;
    this.#host.parked.delete(this);
    this.#pause?.cancel();
  }

  #release(): void {
    if (this.#candidate !== undefined) this.#candidate.endpoint.inFlight--;
    this.#candidate = undefined;
  }

  #finish(): void {
    this.#state = 'done';
    this.#release();
    this.#host.wheel.remove(this);
    if (this.#onAbort !== undefined) this.#signal?.removeEventListener('abort', this.#onAbort);
    if (this.#isParked) this.#unpark();
  }
}

function isPromise<T>(value: readonly T[] | Promise<readonly T[]>): value is Promise<readonly T[]> {
  return !Array.isArray(value);
}

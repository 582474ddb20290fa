import type { Compression } from '../compression/compression.ts';
import { codeOf, RpcError, type StatusCode } from '../errors.ts';
import { UNARY_FAILED, UNARY_OK } from '../observability/call-observer.ts';
import type { MessageCounts } from '../observability/call-progress.ts';
import { backoffMs, CONNECT_BACKOFF, READY_BACKOFF } from '../resilience/backoff.ts';
import { type CircuitBreaker, circuitOpen } from '../resilience/circuit-breaker.ts';
import type { Gated } from '../resilience/concurrency-gate.ts';
import { retryRule } from '../resilience/retry-rule.ts';
import type { Instance } from '../resolver.ts';
import type { ClockTimer } from '../time/clock.ts';
import { WheelEntry } from '../time/timer-wheel.ts';
import type { Metadata } from '../wire/metadata.ts';
import type { BoundMethod, InstanceCandidate } from './bound-method.ts';
import { channelClosed, channelFull, nobody, resolveFailed, unreachable } from './call-failures.ts';
import type { CallHost } from './call-host.ts';
import type { CallTarget } from './call-target.ts';
import type { ClientConnection } from './client-connection.ts';

/**
 * Where a call is. `waiting`: for its instances to be resolved, its connection, or a pause before the next
 * attempt; `sent`: for its answer; `done`: answered, failed or given up. `done` is final.
 */
type CallState = 'waiting' | 'sent' | 'done';

/**
 * One call from request to answer, over as many attempts as the retry rule allows. It is its own entry in
 * the timer wheel and in the connection's table, so a call costs one object and one promise (`bench rpc`).
 */
export class ClientCall extends WheelEntry implements Gated {
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
  #startedAt = 0;
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
  #gate: 'none' | 'queued' | 'admitted' = 'none';
  /** The circuit that let it through and wants to know how it ends. */
  #breaker: CircuitBreaker | undefined;
  /** Waits for somebody to be ready so far, for the back-off. */
  #waits = 0;
  /** The attempt under way came out of the retry budget. */
  #isBudgeted = false;
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
    this.#host.budget.active++;
    this.#startedAt = this.#host.clock.monotonic();
    if (signal !== undefined && !this.#listenTo(signal)) return;
    this.#deadlineMs = deadlineMs;
    if (deadlineMs !== Infinity) {
      this.#deadline = this.#startedAt + deadlineMs;
      if (deadlineMs <= 0) {
        this.onDeadline();
        return;
      }
      this.#host.wheel.add(this, this.#deadline);
    }
    if (this.method.breaker !== undefined && !this.#passBreaker(this.method.breaker)) return;
    if (this.method.gate !== undefined && !this.#enterGate()) return;
    this.#isFresh = true;
    this.#attempt();
    this.#isFresh = false;
  }

  /** Its turn has come, see ConcurrencyGate. */
  admitted(): void {
    this.#gate = 'admitted';
    this.#attempt();
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
    if (this.#tried?.includes(candidate)) return true;
    return this.target?.taken?.includes(candidate) ?? false;
  }

  /** The connection has written the request. `mark`: see FrameLink. */
  sentOn(connection: ClientConnection, mark: number): void {
    this.#state = 'sent';
    this.#connection = connection;
    this.#mark = mark;
    this.#sentAttempts++;
  }

  /** The answer is there; compressed, if `packedBy` is given. */
  receive(bytes: Buffer, start: number, end: number, packedBy: Compression | undefined): void {
    let response: unknown;
    try {
      response = this.method.definition.responseType.decode(
        packedBy === undefined
          ? new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start)
          : packedBy.decompress(bytes, start, end),
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
    this.succeed(response);
  }

  /** Ends the call well. */
  protected succeed(response: unknown): void {
    if (this.#candidate !== undefined) {
      this.#host.outliers.succeeded(this.#candidate.endpoint.health);
    }
    this.finish();
    this.#ended('OK', undefined);
    this.#resolve(response);
  }

  /** Ends the call with this error, whatever could still be tried. */
  reject(error: unknown): void {
    if (this.#state === 'done') return;
    if (this.#state === 'sent' && this.#candidate !== undefined) {
      this.#host.outliers.judge(this.#candidate.endpoint.health, error);
    }
    this.finish();
    const { translateError } = this.#host;
    const told =
      translateError !== undefined && error instanceof RpcError ? translateError(error) : error;
    this.#ended(codeOf(told), told);
    this.tell(told);
  }

  /** Tells the caller of the failure. A subclass adds who else is to know. */
  protected tell(error: unknown): void {
    this.#reject(error);
  }

  /** Tells who counts the calls. Of a hedged call the attempts are not counted: it is one. */
  #ended(code: StatusCode, error: unknown): void {
    const { observe } = this.method;
    const breaker = this.#breaker;
    const observed = observe !== undefined && this.target?.taken === undefined;
    if (!observed && breaker === undefined) return;
    const now = this.#host.clock.monotonic();
    const messages = this.messages(code);
    if (observed) observe(code, now - this.#startedAt, messages);
    breaker?.ended(error, messages.responses, now);
  }

  /** What passed of it; asked at its end. */
  protected messages(code: StatusCode): Readonly<MessageCounts> {
    return code === 'OK' ? UNARY_OK : UNARY_FAILED;
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
    const reachedPeer = error.sent || error.code === 'RESOURCE_EXHAUSTED';
    // Written, but no handler saw it: the peer says so, or it never left.
    if (this.#state === 'sent' && !error.sent) this.#sentAttempts--;
    this.#endBudgeted();
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
    if (next === 'stop') {
      this.#waitOrReject(this.#unreachable(error));
    } else if (reachedPeer && !this.#startBudgeted()) {
      this.reject(this.#unreachable(error));
    } else if (next === 'next') {
      this.#attempt();
    } else {
      this.#tried = undefined;
      this.#attemptAfter(backoffMs(CONNECT_BACKOFF, this.#sentAttempts, this.#host.random));
    }
  }

  /** The channel closes. */
  close(): void {
    this.reject(channelClosed(this.method.label, this.#sentAttempts > 0));
  }

  override onDeadline(): void {
    const where = this.#state === 'sent' ? ' for its answer' : this.#whereWaiting();
    this.giveUp(
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
      this.giveUp(
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

  /** Ends the call with this error and tells the peer, if it was sent, to stop working on it. */
  giveUp(error: RpcError): void {
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
      this.#waitOrReject(this.#nobody(instances));
      return;
    }
    this.#candidate = candidate;
    this.target?.taken?.push(candidate);
    candidate.endpoint.inFlight++;
    candidate.endpoint.send(this);
  }

  #resolveFailed(error: unknown): void {
    this.#waitOrReject(resolveFailed(this.method.label, error, this.#sentAttempts > 0));
  }

  #nobody(instances: readonly Instance[]): RpcError {
    if (this.#lastError !== undefined) return this.#unreachable(this.#lastError);
    return nobody(this.method, instances, this.target?.instance);
  }

  #unreachable(error: RpcError): RpcError {
    const sent = this.#sentAttempts > 0;
    return unreachable(this.method.label, error, sent, this.#tried?.length ?? 0);
  }

  /** Nothing was sent: with `waitForReady`, everybody is asked again in a while. */
  #waitOrReject(error: RpcError): void {
    const waits = this.target?.waitForReady === true && error.code === 'UNAVAILABLE';
    if (!waits || this.#sentAttempts > 0 || this.#state === 'done') {
      this.reject(error);
      return;
    }
    this.#lastError = error;
    this.#tried = undefined;
    this.#attempts = 0;
    this.#attemptAfter(backoffMs(READY_BACKOFF, ++this.#waits, this.#host.random));
  }

  #attemptAfter(ms: number): void {
    if (!this.#isParked) this.#park();
    this.#pause = this.#host.clock.setTimeout(() => this.#attempt(), ms);
  }

  /** True when its service is not known to fail. */
  #passBreaker(breaker: CircuitBreaker): boolean {
    const { target, method } = this;
    // What becomes of one instance says little about the service; a hedged call was let through as a whole.
    if (target?.instance !== undefined || target?.taken !== undefined) return true;
    if (!breaker.allow()) {
      this.reject(circuitOpen(method.service, method.name));
      return false;
    }
    this.#breaker = breaker;
    return true;
  }

  /** True when it may begin now. */
  #enterGate(): boolean {
    const entry = this.method.gate?.enter(this) ?? 'admitted';
    if (entry === 'full') {
      this.reject(channelFull(this.method));
      return false;
    }
    this.#gate = entry;
    if (entry === 'queued') this.#park();
    return entry === 'admitted';
  }

  #leaveGate(): void {
    const gate = this.#gate;
    this.#gate = 'none';
    if (gate === 'admitted') this.method.gate?.leave();
    else if (gate === 'queued') this.method.gate?.abandon();
  }

  #startBudgeted(): boolean {
    this.#isBudgeted = this.#host.budget.take();
    return this.#isBudgeted;
  }

  #endBudgeted(): void {
    if (!this.#isBudgeted) return;
    this.#isBudgeted = false;
    this.#host.budget.giveBack();
  }

  #whereWaiting(): string {
    if (this.#gate === 'queued') return ' for other calls of this channel to finish';

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

  /** Ends its life; called once. A subclass adds what it has to let go of. */
  protected finish(): void {
    this.#state = 'done';
    this.#release();
    this.#host.wheel.remove(this);
    if (this.#onAbort !== undefined) this.#signal?.removeEventListener('abort', this.#onAbort);
    if (this.#isParked) this.#unpark();
    this.#host.budget.active--;
    if (this.#isBudgeted) this.#endBudgeted();
    if (this.#gate !== 'none') this.#leaveGate();
  }
}

function isPromise<T>(value: readonly T[] | Promise<readonly T[]>): value is Promise<readonly T[]> {
  return !Array.isArray(value);
}

import { codeOf, RpcError, type StatusCode } from '../errors.ts';
import { UNARY_FAILED, UNARY_OK } from '../observability/call-observer.ts';
import type { MessageCounts } from '../observability/call-progress.ts';
import { type CircuitBreaker, circuitOpen } from '../resilience/circuit-breaker.ts';
import type { ConcurrencyGate, Gated } from '../resilience/concurrency-gate.ts';
import { WheelEntry } from '../time/timer-wheel.ts';
import type { Metadata } from '../wire/metadata.ts';
import type { BoundMethod } from './bound-method.ts';
import { channelClosed, channelFull } from './call-failures.ts';
import type { CallHost, ParkedCall } from './call-host.ts';
import type { CallTarget } from './call-target.ts';
import { type Cancellable, Cancellation } from './cancellation.ts';

/**
 * Where a call is. `waiting`: for its turn, its instances to be resolved, its connection, or a pause before the next
 * attempt; `sent`: for its answer; `done`: answered, failed or given up. `done` is final.
 */
export type CallState = 'waiting' | 'sent' | 'done';

/**
 * A call as its caller sees it: let in by the circuit and the limits of its service, ended once, by an answer or an
 * error, at its deadline or its caller's signal at the latest. How it comes by an answer is its subclass's.
 * It is its own entry in the timer wheel and in the connection's table, so a call costs one object and one
 * promise (`bench rpc`).
 */
export abstract class PendingCall extends WheelEntry implements Gated, Cancellable, ParkedCall {
  readonly method: BoundMethod;
  readonly payload: Uint8Array;
  readonly metadata: Metadata | undefined;
  readonly target: CallTarget | undefined;
  protected readonly host: CallHost;
  readonly #resolve: (response: unknown) => void;
  readonly #reject: (error: unknown) => void;
  protected state: CallState = 'waiting';
  #startedAt = 0;
  #deadline = Infinity;
  #deadlineMs = Infinity;
  #isFresh = false;
  protected isParked = false;
  #gate: 'none' | 'queued' | 'admitted' = 'none';
  /** The circuit that let it through and wants to know how it ends. */
  #breaker: CircuitBreaker | undefined;
  #cancellation: Cancellation | undefined;

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
    this.host = host;
    this.method = method;
    this.payload = payload;
    this.metadata = metadata;
    this.target = target;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  get isDone(): boolean {
    return this.state === 'done';
  }

  /** Begins the next attempt. */
  protected abstract attempt(): void;
  /** True when an attempt may have been applied. */
  protected abstract get wasSent(): boolean;
  /** Why it has no answer yet, as far as attempts have failed. */
  protected abstract get lastError(): RpcError | undefined;
  /** What an attempt under way waits for, to end a sentence with. */
  protected abstract get awaited(): string;
  /** Ends the call with this error and tells the peer, if it was sent, to stop working on it. */
  abstract giveUp(error: RpcError): void;

  /** Begins, with `deadlineMs` (Infinity for none) to go. */
  start(deadlineMs: number, signal: AbortSignal | undefined): void {
    const { host, method } = this;
    host.budget.active++;
    this.#startedAt = host.clock.monotonic();
    if (signal !== undefined) {
      if (signal.aborted) {
        this.cancelled(signal.reason);
        return;
      }
      this.#cancellation = new Cancellation(signal, this);
    }
    this.#deadlineMs = deadlineMs;
    if (deadlineMs !== Infinity) {
      this.#deadline = this.#startedAt + deadlineMs;
      if (deadlineMs <= 0) {
        this.onDeadline();
        return;
      }
      host.wheel.add(this, this.#deadline);
    }
    if (method.breaker !== undefined && !this.#passBreaker(method.breaker)) return;
    if (method.gate !== undefined && !this.#enterGate(method.gate)) return;
    this.#isFresh = true;
    this.attempt();
    this.#isFresh = false;
  }

  /** Its turn has come, see ConcurrencyGate. */
  admitted(): void {
    this.#gate = 'admitted';
    this.attempt();
  }

  /** Whole milliseconds until the deadline, at least 1; Infinity without one. */
  remainingMs(): number {
    if (this.#deadline === Infinity) return Infinity;
    // Sent in the same breath as it began: no need to ask the clock again.
    const remaining = this.#isFresh
      ? this.#deadlineMs
      : this.#deadline - this.host.clock.monotonic();
    return Math.min(Math.max(Math.ceil(remaining), 1), 0xffffffff);
  }

  /** Ends the call well. */
  protected succeed(response: unknown): void {
    this.finish();
    this.#ended('OK', undefined);
    this.#resolve(response);
  }

  /** Ends the call with this error, whatever could still be tried. */
  reject(error: unknown): void {
    if (this.state === 'done') return;
    this.finish();
    const { translateError } = this.host;
    const told =
      translateError !== undefined && error instanceof RpcError ? translateError(error) : error;
    this.#ended(codeOf(told), told);
    this.tell(told);
  }

  /** Tells the caller of the failure. A subclass adds who else is to know. */
  protected tell(error: unknown): void {
    this.#reject(error);
  }

  /** What passed of it; asked at its end. */
  protected messages(code: StatusCode): Readonly<MessageCounts> {
    return code === 'OK' ? UNARY_OK : UNARY_FAILED;
  }

  /** The channel closes. */
  close(): void {
    this.reject(channelClosed(this.method.label, this.wasSent));
  }

  cancelled(reason: unknown): void {
    this.giveUp(
      new RpcError('CANCELLED', `${this.method.label}: cancelled by the caller`, {
        sent: this.wasSent,
        cause: reason,
      }),
    );
  }

  override onDeadline(): void {
    const awaited =
      this.#gate === 'queued' ? 'other calls of this channel to finish' : this.awaited;
    const { lastError } = this;
    this.giveUp(
      new RpcError(
        'DEADLINE_EXCEEDED',
        `${this.method.label}: the deadline of ${this.#deadlineMs} ms passed while waiting for ${awaited}`,
        { sent: this.wasSent, ...(lastError === undefined ? {} : { cause: lastError }) },
      ),
    );
  }

  /** It waits where neither a connection nor an endpoint knows of it. */
  protected park(): void {
    this.isParked = true;
    this.host.parked.add(this);
  }

  /** It waits there no longer. */
  protected unpark(): void {
    this.isParked = false;
    this.host.parked.delete(this);
  }

  /** Ends its life; called once. A subclass adds what it has to let go of. */
  protected finish(): void {
    this.state = 'done';
    this.host.wheel.remove(this);
    this.#cancellation?.release();
    if (this.isParked) this.unpark();
    this.host.budget.active--;
    if (this.#gate !== 'none') this.#leaveGate();
  }

  /** Tells who counts the calls. Of a hedged call the attempts are not counted: it is one. */
  #ended(code: StatusCode, error: unknown): void {
    const { observe } = this.method;
    const breaker = this.#breaker;
    const observed = observe !== undefined && this.target?.taken === undefined;
    if (!observed && breaker === undefined) return;
    const now = this.host.clock.monotonic();
    const messages = this.messages(code);
    if (observed) observe(code, now - this.#startedAt, messages);
    breaker?.ended(error, messages.responses, now);
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
  #enterGate(gate: ConcurrencyGate): boolean {
    const entry = gate.enter(this);
    if (entry === 'full') {
      this.reject(channelFull(this.method));
      return false;
    }
    this.#gate = entry;
    if (entry === 'queued') this.park();
    return entry === 'admitted';
  }

  #leaveGate(): void {
    const gate = this.#gate;
    this.#gate = 'none';
    if (gate === 'admitted') this.method.gate?.leave();
    else if (gate === 'queued') this.method.gate?.abandon();
  }
}

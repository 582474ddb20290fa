import { codeOf, RpcError } from '../errors.ts';
import { UNARY_FAILED, UNARY_OK } from '../observability/call-observer.ts';
import { CallProgress, type MessageCounts } from '../observability/call-progress.ts';
import type { ConcurrencyGate } from '../resilience/concurrency-gate.ts';
import type { PeerIdentity } from '../security/authentication.ts';
import type { Clock } from '../time/clock.ts';
import { WheelEntry } from '../time/timer-wheel.ts';
import type { Metadata } from '../wire/metadata.ts';
import type { ServedContext } from './serve.ts';
import type { ServedMethod } from './served-method.ts';

/** The connection a call came on, as the call sees it. */
export interface CallingConnection {
  /** The caller's address. */
  readonly peer: string;
  readonly identity: PeerIdentity;
  /** Aborted when the provider begins to drain. */
  readonly draining: AbortSignal;
  /** The caller no longer waits for this call. */
  deadlinePassed(call: ServerCall, error: RpcError): void;
}

/**
 * One call being handled; also the handler's context and its own entry in the timer wheel. The signal is
 * made when a handler asks for it.
 */
export class ServerCall extends WheelEntry implements ServedContext {
  /** Its id on its connection, given by the caller. */
  id: number;
  readonly served: ServedMethod;
  readonly metadata: Metadata;
  readonly #connection: CallingConnection;
  readonly #clock: Clock;
  /** In the clock's monotonic ms. */
  readonly #startedAt: number;
  /** In the clock's monotonic ms. */
  readonly #deadline: number;
  #progress: CallProgress | undefined;
  #abort: AbortController | undefined;
  #reason: RpcError | undefined;
  #done = false;
  /** Where it holds a place until its handler has ended. */
  #gate: ConcurrencyGate | undefined;

  constructor(
    connection: CallingConnection,
    clock: Clock,
    id: number,
    served: ServedMethod,
    metadata: Metadata,
    startedAt: number,
    deadline: number,
  ) {
    super();
    this.#connection = connection;
    this.#clock = clock;
    this.id = id;
    this.served = served;
    this.metadata = metadata;
    this.#startedAt = startedAt;
    this.#deadline = deadline;
  }

  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController();
      if (this.#reason !== undefined) this.#abort.abort(this.#reason);
    }
    return this.#abort.signal;
  }

  get deadline(): number {
    if (this.#deadline === Infinity) return Infinity;
    return this.#clock.now() + this.#deadline - this.#clock.monotonic();
  }

  get peer(): string {
    return this.#connection.peer;
  }

  get identity(): PeerIdentity {
    return this.#connection.identity;
  }

  get draining(): AbortSignal {
    return this.#connection.draining;
  }

  get method(): string {
    return this.served.label;
  }

  /** True once answered or given up: what the handler returns no longer matters. */
  get isDone(): boolean {
    return this.#done;
  }

  get progress(): CallProgress {
    this.#progress ??= new CallProgress(this.counts);
    return this.#progress;
  }

  /** Messages so far, when it streams. */
  get counts(): MessageCounts | undefined {
    return undefined;
  }

  occupy(gate: ConcurrencyGate): void {
    this.#gate = gate;
  }

  /** Its handler has ended, be it after the call was given up. */
  handled(): void {
    const gate = this.#gate;
    this.#gate = undefined;
    gate?.leave();
  }

  /** Answered, with an error if one is given. */
  finish(error?: unknown): void {
    this.#done = true;
    if (this.#gate !== undefined) this.handled();
    this.#ended(error);
  }

  /** Nobody waits for the answer: tells the handler through its signal. */
  giveUp(reason: RpcError): void {
    if (this.#done) return;
    this.#done = true;
    this.#ended(reason);
    this.#reason = reason;
    this.#abort?.abort(reason);
  }

  #ended(error: unknown): void {
    const { observe } = this.served;
    const progress = this.#progress;
    if (observe === undefined && progress === undefined) return;
    const ok = error === undefined;
    const counts = this.counts ?? (ok ? UNARY_OK : UNARY_FAILED);
    observe?.(ok ? 'OK' : codeOf(error), this.#clock.monotonic() - this.#startedAt, counts);
    progress?.finish(error, counts);
  }

  override onDeadline(): void {
    this.#connection.deadlinePassed(
      this,
      new RpcError('DEADLINE_EXCEEDED', `${this.method}: the caller's deadline has passed`),
    );
  }
}

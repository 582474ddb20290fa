import type { Compression } from '../compression/compression.ts';
import { RpcError } from '../errors.ts';
import { CONNECT_BACKOFF, READY_BACKOFF } from '../resilience/backoff.ts';
import { retryRule } from '../resilience/retry-rule.ts';
import type { Instance } from '../resolver.ts';
import type { InstanceCandidate } from './bound-method.ts';
import { nobody, resolveFailed, unreachable } from './call-failures.ts';
import { FailedAttempts } from './failed-attempts.ts';
import type { CallCarrier, OutgoingCall } from './outgoing-call.ts';
import { PendingCall } from './pending-call.ts';

/** One call from request to answer, over as many attempts as the retry rule allows. */
export class ClientCall extends PendingCall implements OutgoingCall {
  /** Its id on the connection it was sent on. */
  id = 0;
  #carrier: CallCarrier | undefined;
  #mark = -1;
  #candidate: InstanceCandidate | undefined;
  #attempts = 0;
  /** Attempts that may have been applied. */
  #sentAttempts = 0;
  #failed: FailedAttempts | undefined;

  /** True when the call has failed on this instance already. */
  hasTried(candidate: InstanceCandidate): boolean {
    if (this.#failed?.hasTried(candidate)) return true;
    return this.target?.taken?.includes(candidate) ?? false;
  }

  hasAlternativeTo(endpoint: object): boolean {
    if (this.target?.instance !== undefined) return false;
    return this.method.candidates.some(
      (other) =>
        other.endpoint !== endpoint && other.endpoint.isAvailable() && !this.hasTried(other),
    );
  }

  sentOn(carrier: CallCarrier, mark: number): void {
    this.state = 'sent';
    this.#carrier = carrier;
    this.#mark = mark;
    this.#sentAttempts++;
  }

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

  protected override succeed(response: unknown): void {
    if (this.#candidate !== undefined) {
      this.host.outliers.succeeded(this.#candidate.endpoint.health);
    }
    super.succeed(response);
  }

  override reject(error: unknown): void {
    if (this.state === 'sent' && this.#candidate !== undefined) {
      this.host.outliers.judge(this.#candidate.endpoint.health, error);
    }
    super.reject(error);
  }

  override giveUp(error: RpcError): void {
    const carrier = this.state === 'sent' ? this.#carrier : undefined;
    this.reject(error);
    carrier?.cancel(this.id);
  }

  connectionLost(cause: RpcError): void {
    const sent = !this.#carrier?.link.wasHeldBack(this.#mark);
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
    if (this.state === 'done') return;
    const reachedPeer = error.sent || error.code === 'RESOURCE_EXHAUSTED';
    // Written, but no handler saw it: the peer says so, or it never left.
    if (this.state === 'sent' && !error.sent) this.#sentAttempts--;
    this.state = 'waiting';
    this.#carrier = undefined;
    this.#failed ??= new FailedAttempts(error);
    const failed = this.#failed;
    failed.giveBack();
    if (this.host.closed) {
      this.close();
      return;
    }
    failed.add(error, this.#candidate);
    this.#release();
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
    } else if (reachedPeer && !failed.borrow(this.host.budget)) {
      this.reject(this.#unreachable(error));
    } else if (next === 'next') {
      this.attempt();
    } else {
      failed.startOver();
      this.park();
      failed.pauseBefore(this.#sentAttempts, CONNECT_BACKOFF, this.host, () => this.attempt());
    }
  }

  protected override get wasSent(): boolean {
    return this.#sentAttempts > 0;
  }

  protected override get lastError(): RpcError | undefined {
    return this.#failed?.lastError;
  }

  protected override get awaited(): string {
    if (this.state === 'sent') return 'its answer';
    const endpoint = this.#candidate?.endpoint;
    return endpoint === undefined
      ? 'an instance to call'
      : `a connection to ${endpoint.address.host}:${endpoint.address.port}`;
  }

  protected override attempt(): void {
    this.#attempts++;
    try {
      const instances = this.host.resolve(this.method);
      if (isPromise(instances)) {
        this.park();
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

  protected override finish(): void {
    this.#release();
    this.#failed?.giveBack();
    super.finish();
  }

  protected override unpark(): void {
    super.unpark();
    this.#failed?.endPause();
  }

  #dispatch(instances: readonly Instance[]): void {
    if (this.state === 'done') return;
    if (this.isParked) this.unpark();
    const candidate = this.host.pick(this, instances);
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
    this.#waitOrReject(resolveFailed(this.method.label, error, this.wasSent));
  }

  #nobody(instances: readonly Instance[]): RpcError {
    if (this.lastError !== undefined) return this.#unreachable(this.lastError);
    return nobody(this.method, instances, this.target?.instance);
  }

  #unreachable(error: RpcError): RpcError {
    return unreachable(this.method.label, error, this.wasSent, this.#failed?.triedCount ?? 0);
  }

  /** Nothing was sent: with `waitForReady`, everybody is asked again in a while. */
  #waitOrReject(error: RpcError): void {
    const waits = this.target?.waitForReady === true && error.code === 'UNAVAILABLE';
    if (!waits || this.wasSent || this.state === 'done') {
      this.reject(error);
      return;
    }
    this.#failed ??= new FailedAttempts(error);
    this.#failed.add(error, undefined);
    this.#failed.startOver();
    this.#attempts = 0;
    this.park();
    this.#failed.waitForSomebody(READY_BACKOFF, this.host, () => this.attempt());
  }

  #release(): void {
    if (this.#candidate !== undefined) this.#candidate.endpoint.inFlight--;
    this.#candidate = undefined;
  }
}

function isPromise<T>(value: readonly T[] | Promise<readonly T[]>): value is Promise<readonly T[]> {
  return !Array.isArray(value);
}

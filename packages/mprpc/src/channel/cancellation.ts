/** What a signal can end. */
export interface Cancellable {
  /** The caller's signal was aborted, with this reason. */
  cancelled(reason: unknown): void;
}

/** Hears the signal of a caller until {@link release}. One object: listener and what it needs to be removed. */
export class Cancellation {
  readonly #signal: AbortSignal;
  readonly #call: Cancellable;

  constructor(signal: AbortSignal, call: Cancellable) {
    this.#signal = signal;
    this.#call = call;
    signal.addEventListener('abort', this);
  }

  handleEvent(): void {
    this.#call.cancelled(this.#signal.reason);
  }

  release(): void {
    this.#signal.removeEventListener('abort', this);
  }
}

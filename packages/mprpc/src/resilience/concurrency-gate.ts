/** How many calls of one service a channel lets out at once. Defaults: Envoy's `circuit_breakers`. */
export interface ConcurrencyOptions {
  /** Calls under way. Default 1024. */
  maxInFlight: number;
  /** Calls that wait for their turn, in order; the next one fails with RESOURCE_EXHAUSTED. Default 1024. */
  maxQueued: number;
}

/** See {@link ConcurrencyOptions}. */
export const CONCURRENCY_DEFAULTS: ConcurrencyOptions = { maxInFlight: 1024, maxQueued: 1024 };

/** What passes a gate. */
export interface Gated {
  /** It gave up while it waited. */
  readonly isDone: boolean;
  /** Its turn has come. */
  admitted(): void;
}

/** Lets a limited number in at once; the others wait in the order they came, or are turned away. */
export class ConcurrencyGate {
  readonly #options: ConcurrencyOptions;
  #queue: (Gated | undefined)[] = [];
  #head = 0;
  #inFlight = 0;
  #waiting = 0;
  #admitting = false;

  constructor(options: ConcurrencyOptions) {
    this.#options = options;
  }

  /** Admitted and not gone. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Waiting for their turn. */
  get queued(): number {
    return this.#waiting;
  }

  /** True: go on, and {@link leave} at the end. False when all places are taken, or others wait for one. */
  tryEnter(): boolean {
    if (this.#inFlight >= this.#options.maxInFlight || this.#waiting > 0) return false;
    this.#inFlight++;
    return true;
  }

  /** `admitted`: go on, and {@link leave} at the end; `queued`: `admitted()` will be called; `full`: turned away. */
  enter(gated: Gated): 'admitted' | 'queued' | 'full' {
    if (this.tryEnter()) return 'admitted';
    if (this.#waiting >= this.#options.maxQueued) return 'full';
    this.#queue.push(gated);
    this.#waiting++;
    return 'queued';
  }

  /** One that was admitted has finished. */
  leave(): void {
    this.#inFlight--;
    if (this.#waiting > 0) this.#admit();
  }

  /** One that waited gave up. */
  abandon(): void {
    this.#waiting--;
    // Those that gave up stay in the queue until their turn; most of the queue is not to be such.
    if (this.#queue.length - this.#head > 2 * this.#waiting + 64) {
      this.#queue = this.#queue.slice(this.#head).filter((gated) => gated?.isDone === false);
      this.#head = 0;
    }
  }

  #admit(): void {
    // An admitted one that fails at once leaves at once: a loop, not recursion.
    if (this.#admitting) return;
    this.#admitting = true;
    while (this.#waiting > 0 && this.#inFlight < this.#options.maxInFlight) {
      const gated = this.#queue[this.#head];
      this.#queue[this.#head++] = undefined;
      if (this.#head === this.#queue.length) {
        this.#queue = [];
        this.#head = 0;
      }
      if (gated === undefined || gated.isDone) continue;
      this.#waiting--;
      this.#inFlight++;
      gated.admitted();
    }
    this.#admitting = false;
  }
}

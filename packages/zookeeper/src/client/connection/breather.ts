import type { Clock, ClockTimer } from '../clock.ts';

/** Fewer unanswered requests than this, and the server may soon have nothing to do. */
const BUSY_REQUESTS = 32;
const REST_MS = 1;

/** What a {@link Breather} asks of its connection. */
export interface BreatherHandlers {
  /** Read nothing for a while. */
  rest(): void;
  /** Read again, and send what has gathered. */
  resume(): void;
}

/**
 * Lets a connection with many requests under way neither read nor write for a moment at a time.
 *
 * A server answers requests one by one and in order; a client that follows each answer with the next request
 * wakes up, and wakes the server, for every one of them, and most of its time goes there. While the server has
 * enough to do, a rest of a millisecond costs nobody anything: then one read takes dozens of answers, and one
 * write gives the server dozens of requests (bench zookeeper-client, 100 and 1000 in flight: half the CPU per
 * operation, and more of them). With few requests under way, or a server that has answered most of them at
 * once, there is no rest.
 */
export class Breather {
  readonly #clock: Clock;
  readonly #handlers: BreatherHandlers;
  #timer: ClockTimer | null = null;

  constructor(clock: Clock, handlers: BreatherHandlers) {
    this.#clock = clock;
    this.#handlers = handlers;
  }

  get resting(): boolean {
    return this.#timer !== null;
  }

  /** Answers have been handled that came together; begins a rest if there is time for one. */
  answered(answers: number, unanswered: number): void {
    if (this.#timer !== null || unanswered < BUSY_REQUESTS || answers * 2 > unanswered) return;
    this.#handlers.rest();
    this.#timer = this.#clock.setTimeout(this.#wake, REST_MS);
  }

  /** Ends it for good. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  readonly #wake = (): void => {
    this.#timer = null;
    this.#handlers.resume();
  };
}

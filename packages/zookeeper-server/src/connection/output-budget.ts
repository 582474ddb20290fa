import type { Clock } from '../clock.ts';
import { type Waiting, WaitingLine } from './waiting-line.ts';

/** A connection as one whose peer may leave output unread. */
export interface OutputHolder {
  /** Bytes sent that the peer has not taken; 0 for a connection that has gone. */
  readonly unreadBytes: number;
  /** When the peer was last seen to have taken everything, in monotonic ms. */
  readonly caughtUpAt: number;
  /** Closes the connection, because the peer takes too little. */
  cutOff(): void;
}

/** Less is not counted: a socket that holds this much tells when it is empty again, so no count outlives what it counts. */
const MIN_COUNTED_BYTES = 64 * 1024;
/** Who has taken everything within this time reads, as far as one can tell. */
const PATIENCE_MS = 1000;
/** Of the bound, what those can have who have been behind for longer: the rest is for who reads. */
const UNREAD_SHARE = 1 / 2;
/** Of the bound, what there may be for another request to be handled: its answer can be a long one. */
const HANDLING_SHARE = 3 / 4;

/**
 * Bounds the output of all connections together by `maxUnsentBytes`.
 *
 * **What waits** for the disk, or for the turn to end: with too much of it no request of anybody is handled, which costs nobody
 * an answer, since none could be sent.
 *
 * **What was sent and not taken** can be got rid of only by closing connections. Not to read from them is no way out, because one
 * request may have been answered with 64 MiB. To close whoever passes the bound could hit anybody. So those go who have cost the
 * others most, in bytes times the time since they had taken all, one by one until the rest is within the bound; above half of
 * it those who have been behind for a second. Who has just been sent a long list has had it for no time, and whoever holds less
 * than half of an equal share stays. The sessions live on.
 */
export class OutputBudget {
  readonly #maxBytes: number;
  readonly #clock: Clock;
  readonly #unread = new Map<OutputHolder, number>();
  readonly #line = new WaitingLine();
  #unreadBytes = 0;
  #waitingBytes = 0;

  /** `maxUnsentBytes` as in the options, 0 for no bound. */
  constructor({ maxUnsentBytes }: { maxUnsentBytes: number }, clock: Clock) {
    this.#maxBytes = maxUnsentBytes === 0 ? Number.POSITIVE_INFINITY : maxUnsentBytes;
    this.#clock = clock;
  }

  /** Bytes sent that peers have not taken, as far as they are counted. */
  get unreadBytes(): number {
    return this.#unreadBytes;
  }

  /** Whether no request is to be handled until some of what waits was sent. */
  get isFull(): boolean {
    const waiting = this.#waitingBytes;
    return waiting > 0 && waiting + this.#unreadBytes > this.#maxBytes * HANDLING_SHARE;
  }

  /** Counts output that waits to be sent. */
  wrote(bytes: number): void {
    this.#waitingBytes += bytes;
  }

  /** Counts it off: it was handed to its socket, or its connection has gone. */
  sent(bytes: number): void {
    this.#waitingBytes -= bytes;
  }

  /** Looks at what a peer has left unread. */
  look(holder: OutputHolder): void {
    const before = this.#unread.get(holder) ?? 0;
    const bytes = holder.unreadBytes;
    if (bytes >= MIN_COUNTED_BYTES) {
      this.#unread.set(holder, bytes);
      this.#unreadBytes += bytes - before;
    } else if (before > 0) {
      this.#unread.delete(holder);
      this.#unreadBytes -= before;
    }
  }

  /** Has `waiting` go on once it may. */
  wait(waiting: Waiting): void {
    this.#line.add(waiting);
  }

  /** Of a connection that has gone. */
  forget(connection: OutputHolder & Waiting): void {
    this.#line.remove(connection);
    this.look(connection);
  }

  /** Something was sent: cuts off whom it must, and lets those go on who waited. */
  relieve(): void {
    if (this.#unreadBytes > this.#maxBytes * UNREAD_SHARE) {
      for (const holder of this.#unread.keys()) this.look(holder);
      this.#cutOff(this.#maxBytes * UNREAD_SHARE, PATIENCE_MS);
      this.#cutOff(this.#maxBytes, 0);
    }
    if (!this.isFull) this.#line.release();
  }

  /** Until no more than `bytes` are left, or nobody who has been behind for so long. */
  #cutOff(bytes: number, behindMs: number): void {
    const now = this.#clock.monotonic();
    while (this.#unreadBytes > bytes) {
      const holder = this.#costliest(now, behindMs);
      if (holder === null) return;
      holder.cutOff();
      this.look(holder);
    }
  }

  #costliest(now: number, behindMs: number): OutputHolder | null {
    const share = this.#unreadBytes / this.#unread.size;
    let found: OutputHolder | null = null;
    let most = 0;
    for (const [holder, bytes] of this.#unread) {
      const behind = now - holder.caughtUpAt;
      // One more, so that who is behind since this very moment is found by what they hold.
      const cost = bytes * (behind + 1);
      if (bytes < share / 2 || behind < behindMs || cost <= most) continue;
      most = cost;
      found = holder;
    }
    return found;
  }
}

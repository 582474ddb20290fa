import type { Clock, ClockTimer } from '../clock.ts';

/** What a {@link Heartbeat} asks of its connection. */
export interface HeartbeatHandlers {
  /** Nothing was sent for a third of the session timeout. */
  ping(): void;
  /** Nothing was heard for two thirds of it although there was a ping in between. */
  dead(silentMs: number): void;
}

/**
 * Keeps a session alive and notices a peer that is silent (ZooKeeper: `ClientCnxn.SendThread`).
 * One timer per connection, moved only when it fires; a packet costs reading the clock.
 */
export class Heartbeat {
  /** When something was last sent, monotonic ms. A number from the first: V8 then changes it in place, and allocates none. */
  lastSentAt = 0;
  #lastHeardAt = 0;
  readonly #clock: Clock;
  readonly #pingAfterMs: number;
  readonly #deadAfterMs: number;
  readonly #handlers: HeartbeatHandlers;
  #timer: ClockTimer | null = null;
  #looksDead = false;

  constructor(clock: Clock, sessionTimeoutMs: number, handlers: HeartbeatHandlers) {
    this.#clock = clock;
    this.#pingAfterMs = sessionTimeoutMs / 3;
    this.#deadAfterMs = (sessionTimeoutMs * 2) / 3;
    this.#handlers = handlers;
    this.lastSentAt = clock.monotonic();
    this.#lastHeardAt = this.lastSentAt;
    this.#schedule(this.lastSentAt);
  }

  /** Something was sent. */
  sent(): void {
    this.lastSentAt = this.#clock.monotonic();
  }

  /** Something was received. */
  heard(): void {
    this.#lastHeardAt = this.#clock.monotonic();
    this.#looksDead = false;
  }

  /** Ends it. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #schedule(now: number): void {
    const due = Math.min(
      this.lastSentAt + this.#pingAfterMs,
      this.#lastHeardAt + this.#deadAfterMs,
    );
    // After a stalled event loop the answer may wait in the socket: look again once it was read.
    const delay = this.#looksDead ? 1 : Math.max(1, Math.ceil(due - now));
    this.#timer = this.#clock.setTimeout(() => this.#beat(), delay);
  }

  #beat(): void {
    const now = this.#clock.monotonic();
    const silentMs = now - this.#lastHeardAt;
    if (silentMs >= this.#deadAfterMs) {
      if (this.#looksDead) {
        this.#timer = null;
        this.#handlers.dead(silentMs);
        return;
      }
      this.#looksDead = true;
    }
    if (now - this.lastSentAt >= this.#pingAfterMs) {
      this.lastSentAt = now;
      this.#handlers.ping();
    }
    this.#schedule(now);
  }
}

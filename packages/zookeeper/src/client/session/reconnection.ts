import type { Clock, ClockTimer, Random } from '../clock.ts';
import type { Connection } from '../connection/connection.ts';
import { reconnectDelayMs } from '../hosts/backoff.ts';

/** A connection that was of no use and lived shorter does not reset the back-off: no hot loop against a sick server. */
const STABLE_MS = 1000;

/** What a {@link Reconnection} asks of its session. */
export interface ReconnectionHandlers {
  /** Try the next server. */
  dial(): void;
  /** The session is gone, whatever servers would say. */
  expire(why: string): void;
}

/** When to try the next server, and how long the session can still be there without one. */
export class Reconnection {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #hosts: { readonly size: number };
  readonly #handlers: ReconnectionHandlers;
  #attempt = 0;
  #openedAt = 0;
  #redialTimer: ClockTimer | null = null;
  #expiryTimer: ClockTimer | null = null;

  /** `hosts` is how many servers there are. */
  constructor(
    { clock, random, hosts }: { clock: Clock; random: Random; hosts: { readonly size: number } },
    handlers: ReconnectionHandlers,
  ) {
    this.#clock = clock;
    this.#random = random;
    this.#hosts = hosts;
    this.#handlers = handlers;
  }

  /** A connection has come to a session. */
  opened(): void {
    this.#openedAt = this.#clock.monotonic();
    this.stop();
  }

  /** An attempt came to nothing. */
  failed(): void {
    this.#attempt += 1;
    this.#again();
  }

  /** The connection that served the session was cut; null for a session that cannot be lost. */
  cut(connection: Connection, timeoutMs: number | null): void {
    const isStable =
      connection.hasAnswered || this.#clock.monotonic() - this.#openedAt >= STABLE_MS;
    this.#attempt = isStable ? 0 : this.#attempt + 1;
    if (timeoutMs !== null) this.#armExpiry(connection, timeoutMs);
    this.#again();
  }

  /** Another session is wanted. */
  renew(): void {
    this.#again();
    this.#attempt += 1;
  }

  /** Waits for nothing any more. */
  stop(): void {
    this.#redialTimer?.cancel();
    this.#redialTimer = null;
    this.#expiryTimer?.cancel();
    this.#expiryTimer = null;
  }

  #again(): void {
    const delay = reconnectDelayMs(this.#attempt, this.#hosts.size, this.#random);
    this.#redialTimer = this.#clock.setTimeout(() => {
      this.#redialTimer = null;
      this.#handlers.dial();
    }, delay);
  }

  /**
   * The server counts the timeout from the last packet it got and rounds up to its tick; 4/3 of it
   * after our last packet the session is surely gone (ZooKeeper: ZOOKEEPER-4508). Whatever the clock
   * says, a third of the timeout is left for asking a server: this process may have been stalled
   * together with them.
   */
  #armExpiry(connection: Connection, timeoutMs: number): void {
    const now = this.#clock.monotonic();
    const sinceSentMs = now - (connection.lastSentAt ?? now);
    const delay = Math.max(timeoutMs / 3, (timeoutMs * 4) / 3 - sinceSentMs);
    this.#expiryTimer = this.#clock.setTimeout(
      () => this.#handlers.expire(`no server reached for ${Math.round(delay)} ms`),
      delay,
    );
  }
}

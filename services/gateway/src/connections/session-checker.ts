import { type RpcClient, RpcError } from '@mpim/mprpc';
import type { UserServiceRpcDefinition } from '@mpim/protocol';

/** Sessions asked about at the same time. */
const PARALLEL = 8;

/** What a {@link SessionChecker} works with. */
export interface SessionCheckerParts {
  readonly user: RpcClient<UserServiceRpcDefinition>;
  readonly deadlineMs: number;
  /** How often each session is asked about, ms. */
  readonly intervalMs: number;
  /** The session has ended. */
  readonly ended: (sessionId: string) => void;
}

/**
 * Asks the user service now and then whether the sessions that are connected here still live. The end of a
 * session is told by CloseSession; this finds the ones whose end got lost on the way.
 */
export class SessionChecker {
  readonly #parts: SessionCheckerParts;
  /** Token and time of the next check (Unix ms) by session. */
  readonly #sessions = new Map<string, { token: string; due: number; connections: number }>();
  readonly #asking = new Set<string>();

  constructor(parts: SessionCheckerParts) {
    this.#parts = parts;
  }

  /** A connection of the session was let in just now. */
  add(sessionId: string, token: string): void {
    const known = this.#sessions.get(sessionId);
    const connections = (known?.connections ?? 0) + 1;
    this.#sessions.set(sessionId, { token, due: this.#nextDue(), connections });
  }

  /** A connection of the session has gone. */
  remove(sessionId: string): void {
    const known = this.#sessions.get(sessionId);
    if (known === undefined) return;
    known.connections -= 1;
    if (known.connections === 0) this.#sessions.delete(sessionId);
  }

  /** Starts the checks that are due at `now` (Unix ms), a few at a time. */
  checkDue(now: number): void {
    for (const [sessionId, session] of this.#sessions) {
      if (this.#asking.size >= PARALLEL) return;
      if (session.due > now || this.#asking.has(sessionId)) continue;
      session.due = this.#nextDue();
      void this.#check(sessionId, session.token);
    }
  }

  async #check(sessionId: string, token: string): Promise<void> {
    const { user, deadlineMs, ended } = this.#parts;
    this.#asking.add(sessionId);
    try {
      await user.authenticate({ token }, { deadlineMs });
    } catch (error) {
      // Anything else says nothing about the session; it is asked about again later.
      if (error instanceof RpcError && error.code === 'UNAUTHENTICATED') ended(sessionId);
    }
    this.#asking.delete(sessionId);
  }

  /** Spread, so that those who came together are not asked about together. */
  #nextDue(): number {
    return Date.now() + this.#parts.intervalMs * (0.75 + Math.random() / 2);
  }
}

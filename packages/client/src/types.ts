import type { Group, Message } from '@mpim/protocol';
import type { MpimError } from './errors.ts';

/** Why a client is closed for good. Make a new one (after a new login where the session ended). */
export type CloseReason =
  /** `close()` was called. */
  | 'closed'
  /** `logout()` was called. */
  | 'logged-out'
  /** The gateway refused the token: unknown, expired or revoked. Or the password was wrong. */
  | 'unauthenticated'
  /** The session was ended while connected. */
  | 'session-revoked'
  /** Another connection took this one's place. */
  | 'replaced';

/**
 * Where the client stands. `connecting` → `syncing` (authenticated, fetching what was missed) →
 * `online`; a cut leads to `offline` until `retryAt`, then to `connecting` again. `closed` is final.
 */
export type ConnectionState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'syncing' }
  | { readonly kind: 'online' }
  /** `retryAt`: Unix milliseconds of the next attempt; `error`: why the last one ended. */
  | { readonly kind: 'offline'; readonly retryAt: number; readonly error: MpimError }
  | { readonly kind: 'closed'; readonly reason: CloseReason; readonly error: MpimError };

/** A name and a password. `device` is shown in the user's list of sessions. */
export interface Credentials {
  readonly user: string;
  readonly password: string;
  readonly device?: string;
}

/** What a login gives. Keep the token secret: it is the session. */
export interface Session {
  readonly user: string;
  readonly token: string;
  readonly sessionId: string;
  /** Unix milliseconds. */
  readonly expiresAt: number;
}

/** One line of the conversation list; a new object whenever something changed. */
export interface ConversationSummary {
  readonly conversationId: string;
  readonly kind: 'direct' | 'group';
  /** The group's name, or the other user's id. */
  readonly title: string;
  /** The highest seq known to exist. */
  readonly lastSeq: number;
  /** The highest seq this user has read on any device. */
  readonly readSeq: number;
  /** `lastSeq - readSeq`. */
  readonly unread: number;
  /** The newest message this client has seen; `undefined` until one came by. */
  readonly lastMessage: Message | undefined;
}

/** The answer to creating or joining a group. */
export interface JoinedGroup {
  readonly conversationId: string;
  readonly group: Group;
  /** The conversation's last seq when the user joined. */
  readonly joinedSeq: number;
}

/** What a client tells its listeners. */
export interface MpimClientEvents {
  state: ConnectionState;
  /**
   * A message of another user, or of this user's other devices. Together with `sent`, each seq of a
   * conversation comes exactly once and in order.
   */
  message: Message;
  /** A message sent by this client, at its place in the conversation's order. */
  sent: Message;
  /** The conversation list changed. */
  conversations: readonly ConversationSummary[];
  /** Something failed in the background; the client goes on by itself. */
  error: MpimError;
}

interface CommonOptions {
  /** The gateway's address: `ws://host:port`, `wss://…`, `http(s)://…`. */
  readonly gateway: string;
  /** Milliseconds a call may take in all, reconnects included. Default 15,000. */
  readonly requestTimeoutMs?: number;
  /** Milliseconds a connection attempt may take, and one answer be awaited. Default 10,000. */
  readonly attemptTimeoutMs?: number;
  /** Milliseconds between syncs while online, with jitter. Default 15,000. */
  readonly syncIntervalMs?: number;
  /** First and longest delay before a reconnect, in ms, with jitter. Default 500 and 15,000. */
  readonly reconnectMinMs?: number;
  readonly reconnectMaxMs?: number;
  /** Milliseconds a hole is given to close by itself before it is pulled. Default 100. */
  readonly holeDelayMs?: number;
  /** Source of jitter, 0 ≤ n < 1. Default `Math.random`. */
  readonly random?: () => number;
}

/** Options of `MpimClient`: where, and as whom. */
export type MpimClientOptions = CommonOptions &
  (
    | { readonly token: string; readonly credentials?: never }
    | { readonly credentials: Credentials; readonly token?: never }
  );

/** The options with every default filled in, as the SDK's parts use them. */
export interface Timing {
  readonly requestTimeoutMs: number;
  readonly attemptTimeoutMs: number;
  readonly syncIntervalMs: number;
  readonly reconnectMinMs: number;
  readonly reconnectMaxMs: number;
  readonly holeDelayMs: number;
  readonly random: () => number;
}

/** Fills in the defaults. */
export function timingOf(options: CommonOptions): Timing {
  return {
    requestTimeoutMs: options.requestTimeoutMs ?? 15_000,
    attemptTimeoutMs: options.attemptTimeoutMs ?? 10_000,
    syncIntervalMs: options.syncIntervalMs ?? 15_000,
    reconnectMinMs: options.reconnectMinMs ?? 500,
    reconnectMaxMs: options.reconnectMaxMs ?? 15_000,
    holeDelayMs: options.holeDelayMs ?? 100,
    random: options.random ?? Math.random,
  };
}

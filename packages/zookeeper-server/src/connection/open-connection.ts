import type { Session, SessionHolder } from '../session/session-tracker.ts';
import type { Watcher } from '../watch/watched-event.ts';
import type { ConnectionStats } from './connection-stats.ts';

/** Where a connection is in its life. It only ever moves downwards in this list. */
export type ConnectionState =
  /** Nothing but a connect request or a four-letter word is understood. */
  | { readonly kind: 'connecting' }
  /** Speaks for a session. */
  | { readonly kind: 'open'; readonly session: Session }
  /** Takes no more input; closes once its output is out. */
  | { readonly kind: 'draining' }
  | { readonly kind: 'closed' };

/** A client's connection as the rest of the server knows it. */
export interface OpenConnection extends SessionHolder, Watcher {
  /** The peer's address, without the IPv6 clothes of an IPv4 one. */
  readonly address: string;
  readonly port: number;
  readonly stats: ConnectionStats;
  readonly state: ConnectionState;
  /** The session it speaks for, if any. */
  readonly session: Session | null;
  /** Requests handled whose answers are not out yet. */
  readonly outstanding: number;
  /** Whether it came through a door for TLS. */
  readonly isSecure: boolean;
  /** Whether the peer has shown a client certificate. */
  readonly isCertified: boolean;
  /** What it waits for, as ZooKeeper's connections tell it: 1 for input, 4 for the peer to take output. */
  readonly interestOps: number;
  /** Takes up the input that has waited: the server was paused, or had too much to do. */
  proceed(): void;
}

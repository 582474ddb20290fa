import type { OperationStats } from './calls/operation-meter.ts';

/** What a client has done since it was made, and what it has to do. */
export interface ClientStats {
  /** Calls sent and not answered yet. */
  readonly inFlight: number;
  /** Calls that wait for a connection. */
  readonly waiting: number;
  /** Bytes of the requests of both. */
  readonly unansweredBytes: number;
  /** Written to sockets, pings and handshakes included. */
  readonly bytesSent: number;
  /** Read from them. */
  readonly bytesReceived: number;
  /** Connections that came to a session; the first one is no reconnect. */
  readonly connections: number;
  /** Sessions opened or taken up; more than one with `renewExpiredSession` only. */
  readonly sessions: number;
  /** One-shot watches that wait for their event, and persistent ones that are not closed. */
  readonly watches: number;
  /** By operation, such as `get`; empty unless `measureOperations` is true. */
  readonly operations: Readonly<Record<string, OperationStats>>;
}

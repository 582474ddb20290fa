/**
 * Where a client stands. It moves
 *
 * - `connecting` → `connected` with the first answer of a server;
 * - `connecting` or `suspended` → `read-only`, with the option `readOnly` alone, when a server answers that is cut off
 *   from its quorum: reads work and may be old, writes are refused with `NOT_READ_ONLY`, and nobody keeps the session
 *   alive for the rest of the ensemble, so holders of locks must stop as in `suspended`;
 * - `read-only` → `connected` when a server that takes writes was found, → `suspended` when the connection is cut;
 * - `connected` ⇄ `suspended` when the connection is cut and when it is back in time: ephemerals and
 *   watches are kept, but others may already see the session as gone, so holders of locks must stop;
 * - `suspended` → `expired` when a server says so, or when the negotiated timeout has passed by a third
 *   without any server having been reached: ephemerals and watches are gone. Final, unless
 *   `renewExpiredSession` is set: then → `connecting` for a new session;
 * - any but `expired` and `closed` → `auth-failed` when a server refuses the credentials, or cannot prove (SASL) that it
 *   knows them: final. Not so once there was a session with a `sasl` that is a function: its next password may do;
 * - any → `closed` by `close()`: final.
 */
export type SessionState =
  | { readonly kind: 'connecting' }
  | {
      readonly kind: 'connected';
      readonly sessionId: bigint;
      /** `host:port` as the connect string has it. */
      readonly host: string;
    }
  | {
      readonly kind: 'read-only';
      /** What reads run in there: since 3.6 a session of that server's own, not the one that others know. */
      readonly sessionId: bigint;
      readonly host: string;
    }
  | {
      readonly kind: 'suspended';
      /** Unix ms of the cut. */
      readonly since: number;
    }
  | { readonly kind: 'expired' }
  | {
      readonly kind: 'auth-failed';
      /** Which credentials were refused, and by whom. */
      readonly reason: string;
    }
  | { readonly kind: 'closed' };

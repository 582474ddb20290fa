import type { HighWaterMark } from './calls/backlog.ts';
import type { OperationObserver } from './calls/operation-meter.ts';
import type { Clock, Random } from './clock.ts';
import type { SaslCredentials, SaslSource } from './connection/sasl-digest-md5.ts';
import type { TlsFiles } from './connection/tls-files.ts';
import type { TlsOptions } from './connection/tls-transport.ts';
import type { Transport } from './connection/transport.ts';
import type { SessionCredentials } from './session/grant.ts';
import type { Identity } from './session/identities.ts';

/** How to connect. A name that is none of these, or none of the fields of one, is refused with `BAD_ARGUMENTS`. */
export interface ZooKeeperClientOptions {
  /** `host:port,host:port/chroot`; the port defaults to 2181. */
  connectString: string;
  /** Ms without a sign of life after which the server ends the session; 30,000 unless told, 1 to 1,000,000,000. The server clamps it. */
  sessionTimeoutMs?: number | undefined;
  /** Ms for the first connect over all hosts; 10,000 unless told. */
  connectTimeoutMs?: number | undefined;
  /** Take up this session instead of opening one. */
  session?: SessionCredentials | undefined;
  /** Open a new session when one has expired; the `session` event then says `renewed`. */
  renewExpiredSession?: boolean | undefined;
  /**
   * Be content with a server that is cut off from its quorum (`readonlymode.enabled`) until one that takes writes is
   * found: state `read-only`. Without it such servers are passed over.
   */
  readOnly?: boolean | undefined;
  /**
   * Keep the hosts those that the ensemble's configuration (`/zookeeper/config`) names, over `reconfigure` and restarts
   * with other members: the connect string then need only reach one of them. Told by `hosts`. Off unless told.
   *
   * A configuration in which a server has no address for clients (`server.1=…;10.0.0.1:2181`, `server.1=…;2181`)
   * changes nothing, nor does one that may not be read: both are told by `hosts-refused`. Nor does one of a lower version
   * than was seen in the session. Not for clients that reach the servers at other addresses than these, such as through a
   * proxy or, with `tls`, at `secureClientPort`.
   */
  followEnsemble?: boolean | undefined;
  /** Identities shown on every connection before anything else. */
  auth?: readonly Identity[] | undefined;
  /** Speak TLS to the servers, with {@link TlsFiles} that may be replaced meanwhile; without it nothing is encrypted. */
  tls?: TlsOptions | TlsFiles | undefined;
  /**
   * Who to be by SASL (DIGEST-MD5): proven on every connection before anything else is sent on it. Credentials that are
   * replaced meanwhile come from a function, which is asked on each connection; once it has had a session, such a client
   * does not end when a server refuses it and tries on, as the new password may not be everywhere yet.
   */
  sasl?: SaslCredentials | SaslSource | undefined;
  /**
   * Bytes of the longest request, 1024 to 1 GiB; 1,048,575 unless told, as servers' `jute.maxbuffer`. A longer one
   * rejects with `BAD_ARGUMENTS` before anything is sent: servers would cut the connection. Set both alike.
   */
  maxPacketBytes?: number | undefined;
  /**
   * Bytes of the longest answer, 64 KiB to 1 GiB; 64 MiB unless told. A longer one rejects with `MARSHALLING_ERROR` and
   * cuts the connection: nothing of that length is ever kept in memory.
   */
  maxAnswerBytes?: number | undefined;
  /** How much may be unanswered before `ready()` waits. */
  highWaterMark?: HighWaterMark | undefined;
  /** Count and time each operation: true for `stats.operations`, an observer for one's own metrics; false unless told. */
  measureOperations?: boolean | OperationObserver | undefined;
  /** Ends the first connect. */
  signal?: AbortSignal | undefined;
  /** Time, for tests and simulators; the machine's unless told. */
  clock?: Clock | undefined;
  /** What shuffles hosts and spreads waits, for the same; `Math.random` unless told. */
  random?: Random | undefined;
  /** Where connections come from; TCP or, with `tls`, TLS unless told. */
  transport?: Transport | undefined;
}

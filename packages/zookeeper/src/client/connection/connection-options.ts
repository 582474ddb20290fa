import type { ConnectRequest, ConnectResponse, WatcherEvent } from '../../protocol/index.ts';
import type { Backlog } from '../calls/backlog.ts';
import type { PacketLimits } from '../calls/packet-limits.ts';
import type { Clock } from '../clock.ts';
import type { HostPort } from '../hosts/connect-string.ts';
import type { SaslCredentials, SaslSource } from './sasl-digest-md5.ts';
import type { Traffic } from './traffic.ts';
import type { Transport } from './transport.ts';

/** What a connection is made from. */
export interface ConnectionOptions {
  readonly host: HostPort;
  readonly request: ConnectRequest;
  /** Shown behind the handshake, before it counts as open. */
  readonly sasl: SaslCredentials | SaslSource | undefined;
  /** Ms for connecting, the handshake and SASL together. */
  readonly openTimeoutMs: number;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly limits: PacketLimits;
  /** Where it counts its calls and its bytes. */
  readonly backlog: Backlog;
  readonly traffic: Traffic;
}

/** What a connection tells its session. After `closed` it tells nothing more. */
export interface ConnectionHandlers {
  /** The handshake is done, and SASL if there is any; the answer may say that the session is gone. */
  opened(response: ConnectResponse): void;
  /** SASL came to nothing. */
  refused(reason: string): void;
  /** A reply showed this state of the server. */
  seen(zxid: bigint): void;
  notified(event: WatcherEvent): void;
  /** Answer to the oldest unanswered auth packet. */
  authAnswered(error: number): void;
  closed(cause: Error): void;
}

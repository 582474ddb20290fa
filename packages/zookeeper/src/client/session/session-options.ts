import type { HighWaterMark } from '../calls/backlog.ts';
import type { PacketLimits } from '../calls/packet-limits.ts';
import type { Clock, Random } from '../clock.ts';
import type { SaslCredentials, SaslSource } from '../connection/sasl-digest-md5.ts';
import type { Transport } from '../connection/transport.ts';
import type { HostList } from '../hosts/host-list.ts';
import type { SessionCredentials } from './grant.ts';
import type { SessionState } from './session-state.ts';

/** What a session is made from. */
export interface SessionOptions {
  readonly hosts: HostList;
  /** Asked for; the server may grant another. */
  readonly sessionTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly credentials: SessionCredentials | undefined;
  readonly sasl: SaslCredentials | SaslSource | undefined;
  readonly renewExpired: boolean;
  /** Whether a read-only server will do while there is no other. */
  readonly readOnly: boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly transport: Transport;
  readonly highWaterMark: HighWaterMark | undefined;
  readonly limits: PacketLimits;
}

/** What a session tells its client; called in order, never from within another call. */
export interface SessionListener {
  stateChanged(state: SessionState): void;
  opened(session: { id: bigint; renewed: boolean }): void;
}

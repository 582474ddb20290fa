import type { JuteReader } from '@mpim/zookeeper/protocol';
import type { Identity } from '../acl/identity.ts';
import type { Session } from '../session/session-tracker.ts';
import type { Watcher } from '../watch/watched-event.ts';
import type { ConnectionStats } from './connection-stats.ts';

/** A request whose header has been read. */
export interface Request {
  readonly xid: number;
  /** Whatever number the client sent as request kind. */
  readonly op: number;
  /** Positioned at the body. */
  readonly input: JuteReader;
  readonly session: Session;
}

/** Whether a connection goes on after a request. */
export type AfterRequest = 'continue' | 'close';

/** On whose behalf requests are handled. */
export interface Requester extends Watcher {
  readonly address: string;
  readonly stats: ConnectionStats;
  identities: readonly Identity[];
}

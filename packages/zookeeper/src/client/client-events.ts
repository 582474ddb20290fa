import type { SessionState } from './session/session-state.ts';

/** What a `ZooKeeperClient` emits. */
export interface ZooKeeperClientEvents {
  /** The client has moved to another state. */
  state: [state: SessionState];
  /** A session was opened or taken up; `renewed` if it replaces one that has expired. */
  session: [session: { id: bigint; renewed: boolean }];
  /** With `followEnsemble`: these servers are tried from now on, `host:port,host:port`. */
  hosts: [hosts: string];
}

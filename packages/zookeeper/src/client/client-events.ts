import type { ZooKeeperError } from './errors.ts';
import type { SessionState } from './session/session-state.ts';

/** What a `ZooKeeperClient` emits. */
export interface ZooKeeperClientEvents {
  /** The client has moved to another state. */
  state: [state: SessionState];
  /** A session was opened or taken up; `renewed` if it replaces one that has expired. */
  session: [session: { id: bigint; renewed: boolean }];
  /** With `followEnsemble`: these servers are tried from now on, `host:port,host:port`. */
  hosts: [hosts: string];
  /**
   * With `followEnsemble`: a server does not let the client read who the ensemble's servers are, such as with `NO_AUTH`.
   * Those known so far stay in use; the next connection reads again. Told once for each code until it could be read.
   */
  'hosts-refused': [error: ZooKeeperError];
}

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
   * With `followEnsemble`: the ensemble's servers cannot be followed, and those known so far stay in use. A server does not
   * let the client read who they are, such as with `NO_AUTH`; told once for each code until they could be read, which each
   * connection tries. Or some have no address for clients: `NO_CLIENT_ADDRESS`; told once for each configuration.
   */
  'hosts-refused': [error: ZooKeeperError];
}

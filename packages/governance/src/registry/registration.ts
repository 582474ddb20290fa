import type { InstanceRecord } from '../instance-record.ts';

/**
 * Where a registration stands:
 * - `registering`: the nodes are being created, or created again after a new session;
 * - `registered`: all nodes were seen in place and the connection is up;
 * - `suspended`: no connection. The nodes live on until the session expires;
 * - `closed`: after `deregister`.
 */
export type RegistrationState = 'registering' | 'registered' | 'suspended' | 'closed';

/** One instance that is kept announced. */
export interface Registration extends AsyncDisposable {
  readonly record: InstanceRecord;
  readonly state: RegistrationState;
  /**
   * Deletes the instance's nodes in one multi. Never throws: what cannot be deleted in time goes with the session.
   * Calling it again waits for the same end.
   */
  deregister(): Promise<void>;
}

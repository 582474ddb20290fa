import { ZooKeeperError } from '../errors.ts';

/** Makes the error that a call on this path gets. */
export type ErrorFor = (path?: string) => ZooKeeperError;

/** The client is closed. */
export function closedError(path?: string): ZooKeeperError {
  return new ZooKeeperError('CLOSED', 'the client is closed', { path });
}

/** The session is gone. */
export function expiredError(path?: string, why = 'open another one'): ZooKeeperError {
  return new ZooKeeperError('SESSION_EXPIRED', `the session has expired: ${why}`, { path });
}

/** Credentials were refused, `reason` says which and by whom. */
export function authFailedError(reason: string, path?: string): ZooKeeperError {
  const message = `not authenticated: ${reason}; mend the credentials and open another client`;
  return new ZooKeeperError('AUTH_FAILED', message, { path });
}

import { ZooKeeperError } from '../errors.ts';
import type { SessionState } from './session-state.ts';

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

/** What a call gets in a state in which nothing will be answered any more; null in the others. */
export function finalError(state: SessionState, path?: string): ZooKeeperError | null {
  switch (state.kind) {
    case 'expired':
      return expiredError(path);
    case 'auth-failed':
      return authFailedError(state.reason, path);
    case 'closed':
      return closedError(path);
    default:
      return null;
  }
}

import { ZooKeeperError, type ZooKeeperErrorCode } from '@mpim/zookeeper';

/** True for a `ZooKeeperError` with one of the codes. */
export function hasCode(error: unknown, ...codes: ZooKeeperErrorCode[]): boolean {
  return error instanceof ZooKeeperError && codes.includes(error.code);
}

/** True when the node that was asked for does not exist. */
export function isMissing(error: unknown): boolean {
  return hasCode(error, 'NO_NODE');
}

/** True when the client has ended: it was closed, or its credentials were refused. */
export function isFinal(error: unknown): boolean {
  return hasCode(error, 'CLOSED', 'AUTH_FAILED');
}

/** True when trying again cannot help, a new session included. */
export function isHopeless(error: unknown): boolean {
  return error instanceof ZooKeeperError && !error.retryable && error.code !== 'SESSION_EXPIRED';
}

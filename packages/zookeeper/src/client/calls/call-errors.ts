import { ZooKeeperError } from '../errors.ts';
import type { PendingCall } from './call.ts';

/** The connection has gone before the answer came. */
export function lostError(call: PendingCall, host: string, cause: Error): ZooKeeperError {
  const { description, path } = call;
  const message = `${description}: connection to ${host} lost before the answer, which may have been applied: ${cause.message}`;
  return new ZooKeeperError('CONNECTION_LOSS', message, { path, sent: true, cause });
}

/** The answer came and is not taken. Not retryable: repeated, the call would only cut the next connection. */
export function untakenError(call: PendingCall, why: string, cause: unknown): ZooKeeperError {
  const { description, path } = call;
  const message = `${description}, which may have been applied: ${why}`;
  return new ZooKeeperError('MARSHALLING_ERROR', message, { path, sent: true, cause });
}

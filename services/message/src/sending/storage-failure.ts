import { RpcError } from '@mpim/mprpc';

/**
 * What a failed write is to the caller: UNAVAILABLE, because the same request can be sent again whatever the disk made
 * of this one. An RpcError stays what it is.
 *
 * @param what that was to be written, e.g. `the message`
 */
export function storageFailure(what: string, cause: unknown): RpcError {
  if (cause instanceof RpcError) return cause;
  return new RpcError('UNAVAILABLE', `${what} could not be stored: send it again`, {
    reason: 'STORAGE',
    sent: true,
    cause,
  });
}

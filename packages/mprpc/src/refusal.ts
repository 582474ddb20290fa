import { RpcError } from './errors.ts';

/** Kept beside the errors, so that one a handler passes on from elsewhere is never taken for this server's own. */
const refusals = new WeakSet<RpcError>();

/**
 * A call this server turns away before its handler has seen it: RESOURCE_EXHAUSTED. The caller is told that nothing
 * was done, so it goes to another instance with any call, also with one that may not be applied twice.
 * For interceptors that limit; throw it instead of calling `next`.
 */
export function refusedError(message: string, reason: string): RpcError {
  const error = new RpcError('RESOURCE_EXHAUSTED', message, { reason });
  refusals.add(error);
  return error;
}

/** True for what {@link refusedError} made in this process. */
export function wasRefused(error: RpcError): boolean {
  return refusals.has(error);
}

import { RpcError } from '../errors.ts';
import { refusedError } from '../refusal.ts';
import type { ServedMethod } from './served-method.ts';
import type { ServerCall } from './server-call.ts';

/** The request is none of its type: INVALID_ARGUMENT, reason `BAD_REQUEST`. */
export function undecodable(served: ServedMethod): RpcError {
  return new RpcError('INVALID_ARGUMENT', `${served.label}: the request cannot be decoded`, {
    reason: 'BAD_REQUEST',
  });
}

/** The caller takes the method for one that streams otherwise: UNIMPLEMENTED, reason `CALL_KIND`. */
export function wrongKind({ label, definition }: ServedMethod): RpcError {
  const takes = definition.requestStream ? 'a stream of requests' : 'one request';
  const answers = definition.responseStream ? 'a stream' : 'one response';
  return new RpcError('UNIMPLEMENTED', `${label} takes ${takes} and answers with ${answers}`, {
    reason: 'CALL_KIND',
  });
}

/** The connection has all the streaming calls it may have: RESOURCE_EXHAUSTED, reason `TOO_MANY_STREAMS`. */
export function tooManyStreams(served: ServedMethod, peer: string, streams: number): RpcError {
  return refusedError(
    `${served.label}: ${peer} has ${streams} streaming calls under way already`,
    'TOO_MANY_STREAMS',
  );
}

/** The answer is larger than the caller accepts: RESOURCE_EXHAUSTED, reason `RESPONSE_TOO_LARGE`. */
export function responseTooLarge(method: string, bytes: number, limit: number): RpcError {
  return new RpcError(
    'RESOURCE_EXHAUSTED',
    `${method}: a response of ${bytes} bytes is larger than the caller's limit of ${limit}`,
    { reason: 'RESPONSE_TOO_LARGE', retryable: false },
  );
}

/** True for what has to be waited for. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    value instanceof Promise ||
    (typeof value === 'object' &&
      value !== null &&
      typeof (value as { then?: unknown }).then === 'function')
  );
}

/** True when a handler failed only because it was told to stop. */
export function isAbort(call: ServerCall, error: unknown): boolean {
  return error === call.signal.reason || (error instanceof Error && error.name === 'AbortError');
}

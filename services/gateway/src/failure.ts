import { RpcError, type StatusCode } from '@mpim/mprpc';
import type { Failure } from '@mpim/protocol';
import { retryAfterMs } from '@mpim/service-kit';

/** What may be tried again when the request is safe to repeat, as every request of the envelope is. */
const REPEATABLE: ReadonlySet<StatusCode> = new Set([
  'UNAVAILABLE',
  'DEADLINE_EXCEEDED',
  'RESOURCE_EXHAUSTED',
  'ABORTED',
  'CANCELLED',
]);

/** A failure of the gateway's own making. */
export function failure(
  code: StatusCode,
  message: string,
  facts: { retryable?: boolean; retryAfterMs?: number } = {},
): Failure {
  const { retryable = false, retryAfterMs: wait = 0 } = facts;
  return { code, message, retryable, retryAfterMs: Math.ceil(wait) };
}

/**
 * What a client is told about a failed call. What services say is passed on; what nobody meant to say
 * (INTERNAL, UNKNOWN, exceptions) is not.
 */
export function failureOf(error: unknown): Failure {
  if (!(error instanceof RpcError)) return failure('INTERNAL', 'the request failed; see the log');
  const { code } = error;
  if (code === 'INTERNAL' || code === 'UNKNOWN' || code === 'DATA_LOSS') {
    return failure(code, 'the request failed; see the log');
  }
  return failure(code, error.message, {
    retryable: error.retryable || REPEATABLE.has(code),
    retryAfterMs: retryAfterMs(error),
  });
}

/** True for failures that somebody should look at. */
export function isFault({ code }: Failure): boolean {
  return code === 'INTERNAL' || code === 'UNKNOWN' || code === 'DATA_LOSS';
}

const HTTP_STATUS: Readonly<Record<string, number>> = {
  INVALID_ARGUMENT: 400,
  FAILED_PRECONDITION: 400,
  OUT_OF_RANGE: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  ALREADY_EXISTS: 409,
  ABORTED: 409,
  RESOURCE_EXHAUSTED: 429,
  CANCELLED: 499,
  UNIMPLEMENTED: 501,
  UNAVAILABLE: 503,
  DEADLINE_EXCEEDED: 504,
};

/** The HTTP status for a failure's code, as `google/rpc/code.proto` maps them. */
export function httpStatusOf({ code }: Failure): number {
  return HTTP_STATUS[code] ?? 500;
}

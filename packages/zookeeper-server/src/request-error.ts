import { ErrorCode, errorName } from '@mpim/zookeeper/protocol';

/** A request that is answered with an error code instead of a result. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  /** Code of the reply header. */
  readonly code: ErrorCode;

  constructor(code: ErrorCode) {
    super(`request refused: ${errorName(code)}`);
    this.code = code;
  }
}

// One object per code: refusals such as NODEEXISTS are ordinary answers, and a stack trace for each
// would cost more than the request.
const errors = new Map<number, RequestError>(
  Object.values(ErrorCode).map((code) => [code, new RequestError(code)]),
);

/** Ends the handling of a request with `code` as its answer. */
export function refuse(code: ErrorCode): never {
  throw errors.get(code) ?? new RequestError(code);
}

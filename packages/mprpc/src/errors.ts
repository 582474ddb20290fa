/**
 * The status codes of a call and the one error class of this package.
 * Names and numbers: gRPC, `doc/statuscodes.md`.
 */
export const STATUS_NUMBERS = {
  OK: 0,
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
} as const;

/** The outcome of a call, by gRPC's name. */
export type StatusCode = keyof typeof STATUS_NUMBERS;

const NAMES = new Map<number, StatusCode>(
  Object.entries(STATUS_NUMBERS).map(([name, number]) => [number, name as StatusCode]),
);

/** The name of a status number; numbers outside gRPC's list are `UNKNOWN`. */
export function statusCode(status: number): StatusCode {
  return NAMES.get(status) ?? 'UNKNOWN';
}

/** The facts of an {@link RpcError} besides code and message. */
export interface RpcErrorOptions {
  /** A stable word for programs, finer than the code, e.g. `NO_PROVIDER`. */
  reason?: string;
  /** Bytes only the two ends of the call understand, e.g. an encoded message. */
  details?: Uint8Array;
  /** True when the request may have reached a handler. Default false. */
  sent?: boolean;
  /** Default: true for UNAVAILABLE and RESOURCE_EXHAUSTED. */
  retryable?: boolean;
  cause?: unknown;
}

/**
 * A call that did not succeed. Handlers throw it to give the caller a code; clients are rejected with it.
 *
 * ```ts
 * throw new RpcError('ALREADY_EXISTS', `user ${name} exists; choose another name`);
 * ```
 */
export class RpcError extends Error {
  /** gRPC's name of the outcome. */
  readonly code: StatusCode;
  /** gRPC's number of the outcome. */
  readonly status: number;
  /** A stable word for programs, finer than the code. */
  readonly reason: string | undefined;
  /** Bytes the handler attached. */
  readonly details: Uint8Array | undefined;
  /** True when the request may have been applied: repeating it is safe only when the method is idempotent. */
  readonly sent: boolean;
  /** True when the same call may succeed later. */
  readonly retryable: boolean;

  constructor(code: StatusCode, message: string, options: RpcErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'RpcError';
    this.code = code;
    this.status = STATUS_NUMBERS[code];
    this.reason = options.reason;
    this.details = options.details;
    this.sent = options.sent ?? false;
    this.retryable = options.retryable ?? (code === 'UNAVAILABLE' || code === 'RESOURCE_EXHAUSTED');
  }
}

/** What a failure counts as: anything but an RpcError is INTERNAL. */
export function codeOf(error: unknown): StatusCode {
  return error instanceof RpcError ? error.code : 'INTERNAL';
}

/** Nobody provides the method: UNAVAILABLE, reason `NO_PROVIDER`, message `/UserServiceRpc/Login is not exist!`. */
export function noProviderError(service: string, method: string): RpcError {
  return new RpcError('UNAVAILABLE', `/${service}/${method} is not exist!`, {
    reason: 'NO_PROVIDER',
  });
}

/** A peer broke the frame format: INTERNAL, reason `BAD_FRAME`. The connection it came from is closed. */
export function badFrameError(message: string): RpcError {
  return new RpcError('INTERNAL', `bad frame: ${message}`, { reason: 'BAD_FRAME' });
}

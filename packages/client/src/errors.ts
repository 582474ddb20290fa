/** gRPC's sixteen names as the gateway answers them, and three of the SDK's own. */
export type MpimErrorCode =
  | 'CANCELLED'
  | 'UNKNOWN'
  | 'INVALID_ARGUMENT'
  | 'DEADLINE_EXCEEDED'
  | 'NOT_FOUND'
  | 'ALREADY_EXISTS'
  | 'PERMISSION_DENIED'
  | 'RESOURCE_EXHAUSTED'
  | 'FAILED_PRECONDITION'
  | 'ABORTED'
  | 'OUT_OF_RANGE'
  | 'UNIMPLEMENTED'
  | 'INTERNAL'
  | 'UNAVAILABLE'
  | 'DATA_LOSS'
  | 'UNAUTHENTICATED'
  /** The client was closed, by `close()`, `logout()` or because its session ended. */
  | 'CLOSED'
  /** The connection was lost while the answer was awaited. */
  | 'CONNECTION_LOST'
  /** Messages of a conversation could not be pulled; nothing was skipped, a new sync follows. */
  | 'HOLE';

/** Facts about a failure, beside its message. */
export interface MpimErrorFacts {
  /** True when the same call may succeed later. */
  readonly retryable?: boolean;
  /** Milliseconds to wait before the next attempt; 0 when the server did not say. */
  readonly retryAfterMs?: number;
  /** The conversation concerned, if it is about one. */
  readonly conversationId?: string;
  readonly cause?: unknown;
}

/** The one error class of the SDK. Decide by `code` and `retryable`, never by the message. */
export class MpimError extends Error {
  override readonly name = 'MpimError';
  readonly code: MpimErrorCode;
  /** True when the same call may succeed later. */
  readonly retryable: boolean;
  /** Milliseconds to wait before the next attempt; 0 when the server did not say. */
  readonly retryAfterMs: number;
  readonly conversationId: string | undefined;

  constructor(code: MpimErrorCode, message: string, facts: MpimErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = code;
    this.retryable = facts.retryable ?? false;
    this.retryAfterMs = facts.retryAfterMs ?? 0;
    this.conversationId = facts.conversationId;
  }
}

const SERVER_CODES: ReadonlySet<string> = new Set<MpimErrorCode>([
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
]);

/** A code as it came over the wire; anything unheard of becomes `UNKNOWN`. */
export function serverCode(code: string): MpimErrorCode {
  return SERVER_CODES.has(code) ? (code as MpimErrorCode) : 'UNKNOWN';
}

/** Any thrown value as an `MpimError`; foreign ones become `UNKNOWN` with the cause kept. */
export function toMpimError(error: unknown): MpimError {
  if (error instanceof MpimError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new MpimError('UNKNOWN', message, { cause: error });
}

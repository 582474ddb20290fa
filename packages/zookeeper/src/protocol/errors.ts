/** What can be wrong with bytes or paths before any server is asked. */
export type ProtocolErrorCode =
  | 'TRUNCATED'
  | 'BAD_LENGTH'
  | 'FRAME_LENGTH'
  | 'UNKNOWN_OPERATION'
  | 'INVALID_PATH';

/**
 * Malformed bytes on the wire or a malformed path. The protocol layer throws nothing else.
 *
 * @example
 * if (error instanceof ProtocolError && error.code === 'TRUNCATED') closeConnection();
 */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  /** Stable identifier of the fault; match on this, never on the message. */
  readonly code: ProtocolErrorCode;
  /** The offending length, for `BAD_LENGTH` and `FRAME_LENGTH`. */
  readonly length: number | undefined;
  /** The offending path, for `INVALID_PATH`. */
  readonly path: string | undefined;

  constructor(
    code: ProtocolErrorCode,
    message: string,
    facts: { length?: number; path?: string } = {},
  ) {
    super(message);
    this.code = code;
    this.length = facts.length;
    this.path = facts.path;
  }
}

/** Why the gateway failed; stable, for code to branch on. */
export type GatewayErrorCode =
  /** The public address cannot be listened on. */
  'LISTEN';

/** The one error class of this package. The message says what happened, to what, and what to do. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly code: GatewayErrorCode;

  constructor(code: GatewayErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** The public address cannot be taken: who has it, and how to choose another one. */
export function listenError(host: string, port: number, cause: unknown): GatewayError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  const why =
    code === 'EADDRINUSE'
      ? 'another program listens there'
      : code === 'EACCES'
        ? 'this user may not listen there'
        : cause instanceof Error
          ? cause.message
          : String(cause);
  return new GatewayError(
    'LISTEN',
    `The gateway cannot listen on ${host}:${port}: ${why}. Stop that program, or choose another port with --gateway-port; 0 takes a free one.`,
    { cause },
  );
}

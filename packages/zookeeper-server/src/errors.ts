/** What can go wrong with the server itself; what goes wrong with a request is answered on the wire. */
export type ZooKeeperServerErrorCode = 'BAD_OPTION' | 'LISTEN_FAILED';

/**
 * The server could not be started.
 *
 * @example
 * if (error instanceof ZooKeeperServerError && error.code === 'LISTEN_FAILED') chooseAnotherPort();
 */
export class ZooKeeperServerError extends Error {
  override readonly name = 'ZooKeeperServerError';
  /** Stable identifier of the fault; match on this, never on the message. */
  readonly code: ZooKeeperServerErrorCode;

  constructor(code: ZooKeeperServerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

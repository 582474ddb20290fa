/** What can go wrong with the server itself; what goes wrong with a request is answered on the wire. */
export type ZooKeeperServerErrorCode =
  | 'BAD_OPTION'
  | 'LISTEN_FAILED'
  /** What was asked of a server takes one that has not stopped. */
  | 'STOPPED'
  /** Another server uses the data directory. */
  | 'DATA_LOCKED'
  /** The data directory cannot be made sense of; `path` and often `offset` say where. */
  | 'DATA_CORRUPT'
  /** The data directory cannot be read or written. */
  | 'DATA_FAILED';

/** Facts about a fault. */
export interface ZooKeeperServerErrorFacts extends ErrorOptions {
  /** File or folder it is about. */
  path?: string;
  /** Bytes from the start of that file. */
  offset?: number;
  /** Port it is about. */
  port?: number;
}

/**
 * The server could not be started, or cannot go on.
 *
 * @example
 * if (error instanceof ZooKeeperServerError && error.code === 'LISTEN_FAILED') chooseAnotherPort();
 */
export class ZooKeeperServerError extends Error {
  override readonly name = 'ZooKeeperServerError';
  /** Stable identifier of the fault; match on this, never on the message. */
  readonly code: ZooKeeperServerErrorCode;
  /** File or folder it is about, if any. */
  readonly path: string | undefined;
  /** Bytes from the start of that file. */
  readonly offset: number | undefined;
  /** Port it is about, if any. */
  readonly port: number | undefined;

  constructor(
    code: ZooKeeperServerErrorCode,
    message: string,
    facts: ZooKeeperServerErrorFacts = {},
  ) {
    super(message, facts);
    this.code = code;
    this.path = facts.path;
    this.offset = facts.offset;
    this.port = facts.port;
  }
}

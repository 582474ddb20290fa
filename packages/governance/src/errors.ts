/** What went wrong, for policies and tests; messages are for people. */
export type GovernanceErrorCode =
  /** A service, method or instance name, an address or another field of a record is not allowed. */
  | 'INVALID_RECORD'
  /** A configuration document is not a JSON object or is too large. */
  | 'INVALID_DOCUMENT'
  /** The document has another version than the caller expected; `actualVersion` tells which. */
  | 'VERSION_CONFLICT'
  /** Another process kept changing the nodes of a registration while they were written. */
  | 'CONTENDED'
  /** The registration, discovery or monitor was closed. */
  | 'CLOSED';

/** Facts of a {@link GovernanceError}. */
export interface GovernanceErrorFacts {
  /** The node it is about. */
  path?: string;
  /** The field of the record that is wrong. */
  field?: string;
  /** Version found where another one was expected; `null` when the node does not exist. */
  actualVersion?: number | null;
  cause?: unknown;
}

/** The one error class of this package. Faults of ZooKeeper itself arrive as `ZooKeeperError`. */
export class GovernanceError extends Error {
  override readonly name = 'GovernanceError';
  readonly code: GovernanceErrorCode;
  readonly path: string | undefined;
  readonly field: string | undefined;
  readonly actualVersion: number | null | undefined;

  constructor(code: GovernanceErrorCode, message: string, facts: GovernanceErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = code;
    this.path = facts.path;
    this.field = facts.field;
    this.actualVersion = facts.actualVersion;
  }
}

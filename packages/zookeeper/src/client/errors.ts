import { ErrorCode, type ErrorName, errorName } from '../protocol/index.ts';

const CODES = {
  OK: 'OK',
  SYSTEMERROR: 'SYSTEM_ERROR',
  RUNTIMEINCONSISTENCY: 'RUNTIME_INCONSISTENCY',
  DATAINCONSISTENCY: 'DATA_INCONSISTENCY',
  CONNECTIONLOSS: 'CONNECTION_LOSS',
  MARSHALLINGERROR: 'MARSHALLING_ERROR',
  UNIMPLEMENTED: 'UNIMPLEMENTED',
  OPERATIONTIMEOUT: 'OPERATION_TIMEOUT',
  BADARGUMENTS: 'BAD_ARGUMENTS',
  UNKNOWNSESSION: 'UNKNOWN_SESSION',
  NEWCONFIGNOQUORUM: 'NEW_CONFIG_NO_QUORUM',
  RECONFIGINPROGRESS: 'RECONFIG_IN_PROGRESS',
  APIERROR: 'API_ERROR',
  NONODE: 'NO_NODE',
  NOAUTH: 'NO_AUTH',
  BADVERSION: 'BAD_VERSION',
  NOCHILDRENFOREPHEMERALS: 'NO_CHILDREN_FOR_EPHEMERALS',
  NODEEXISTS: 'NODE_EXISTS',
  NOTEMPTY: 'NOT_EMPTY',
  SESSIONEXPIRED: 'SESSION_EXPIRED',
  INVALIDCALLBACK: 'INVALID_CALLBACK',
  INVALIDACL: 'INVALID_ACL',
  AUTHFAILED: 'AUTH_FAILED',
  SESSIONMOVED: 'SESSION_MOVED',
  NOTREADONLY: 'NOT_READ_ONLY',
  EPHEMERALONLOCALSESSION: 'EPHEMERAL_ON_LOCAL_SESSION',
  NOWATCHER: 'NO_WATCHER',
  REQUESTTIMEOUT: 'REQUEST_TIMEOUT',
  RECONFIGDISABLED: 'RECONFIG_DISABLED',
  SESSIONCLOSEDREQUIRESASLAUTH: 'SESSION_CLOSED_REQUIRE_SASL_AUTH',
  QUOTAEXCEEDED: 'QUOTA_EXCEEDED',
  THROTTLEDOP: 'THROTTLED_OP',
} as const satisfies Record<ErrorName, string>;

/**
 * What went wrong. Most are ZooKeeper's own (`NO_NODE`, `NODE_EXISTS`, `BAD_VERSION`, …). Made here:
 * `CONNECTION_LOSS` (cut while the call was under way), `CONNECT_TIMEOUT`, `CLOSED` (the client was
 * closed), `SESSION_EXPIRED`, `BAD_ARGUMENTS` (before anything was sent), `UNKNOWN_ERROR` (a number
 * that this version does not know), `NO_CLIENT_ADDRESS` (of the event `hosts-refused`) and the recipes' own.
 */
export type ZooKeeperErrorCode =
  | (typeof CODES)[ErrorName]
  | 'CLOSED'
  | 'CONNECT_TIMEOUT'
  | 'UNKNOWN_ERROR'
  | 'LOCK_LOST'
  | 'NO_CLIENT_ADDRESS';

const RETRYABLE: ReadonlySet<ZooKeeperErrorCode> = new Set([
  'CONNECTION_LOSS',
  'CONNECT_TIMEOUT',
  'NOT_READ_ONLY',
  'OPERATION_TIMEOUT',
  'REQUEST_TIMEOUT',
  'SESSION_MOVED',
  'THROTTLED_OP',
]);

/**
 * What became of one part of a failed transaction; none was applied. `OK` stands before the culprit,
 * the culprit has its own code, `RUNTIME_INCONSISTENCY` stands behind it.
 */
export interface MultiErrorResult {
  readonly type: 'error';
  readonly code: ZooKeeperErrorCode;
}

/** Facts that go with a {@link ZooKeeperError}. */
export interface ZooKeeperErrorFacts {
  path?: string | undefined;
  sent?: boolean;
  cause?: unknown;
  results?: readonly MultiErrorResult[];
  failedIndex?: number;
}

/**
 * Everything this package throws.
 *
 * @example
 * try {
 *   await zk.create('/a', null);
 * } catch (error) {
 *   if (error instanceof ZooKeeperError && error.code === 'NODE_EXISTS') return;
 *   throw error;
 * }
 */
export class ZooKeeperError extends Error {
  override readonly name = 'ZooKeeperError';
  /** Stable identifier; match on this, never on the message. */
  readonly code: ZooKeeperErrorCode;
  /** The node it is about, as the caller named it. */
  readonly path: string | undefined;
  /** Whether the same call may succeed later without anything being changed. */
  readonly retryable: boolean;
  /** Whether the server may have applied the call all the same. False when it surely has not. */
  readonly sent: boolean;
  /** For a failed multi: what became of each operation. */
  declare readonly results?: readonly MultiErrorResult[];
  /** For a failed multi: index of the operation that made it fail. */
  declare readonly failedIndex?: number;

  constructor(code: ZooKeeperErrorCode, message: string, facts: ZooKeeperErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = code;
    this.path = facts.path;
    this.retryable = RETRYABLE.has(code);
    this.sent = facts.sent ?? false;
    // Declared only, so that they are not printed with every other error.
    if (facts.results !== undefined) this.results = facts.results;
    if (facts.failedIndex !== undefined) this.failedIndex = facts.failedIndex;
  }
}

/** The code for a number from the wire. */
export function zooKeeperErrorCode(error: number): ZooKeeperErrorCode {
  const name = errorName(error);
  return name === undefined ? 'UNKNOWN_ERROR' : CODES[name];
}

/** The error for a reply whose header carries `error`; `operation` and `path` say what was asked. */
export function replyError(error: number, operation: string, path: string): ZooKeeperError {
  const code = zooKeeperErrorCode(error);
  const advice = error === ErrorCode.NONODE ? missing(operation, path) : ADVICE[error];
  const what = advice ?? (code === 'UNKNOWN_ERROR' ? `error ${error}` : code);
  const sent = error === ErrorCode.OPERATIONTIMEOUT || error === ErrorCode.REQUESTTIMEOUT;
  return new ZooKeeperError(code, `${operation} ${path}: ${what}`, { path, sent });
}

/** The chroot is a parent, too, and the only root that can be missing. */
function missing(operation: string, path: string): string {
  if (operation === 'create') return 'its parent is not there; ensurePath makes it';
  return path === '/' ? 'the chroot is not there; ensurePath makes it' : 'no such node';
}

/** Words for the errors people meet; the rest go by their code. */
const ADVICE: Readonly<Record<number, string>> = {
  [ErrorCode.NODEEXISTS]: 'the node exists already',
  [ErrorCode.NOTEMPTY]: 'the node has children; delete them first',
  [ErrorCode.BADVERSION]: 'the version is not the expected one; read the node again',
  [ErrorCode.NOAUTH]: 'not allowed by the ACL; add an identity that is (addAuth)',
  [ErrorCode.INVALIDACL]: 'the ACL is empty, malformed or names no identity of this connection',
  [ErrorCode.NOCHILDRENFOREPHEMERALS]: 'the parent is ephemeral and cannot have children',
  [ErrorCode.BADARGUMENTS]: 'the server refuses the path or an argument',
  [ErrorCode.MARSHALLINGERROR]: 'the server cannot read the request; it may be too old for it',
  [ErrorCode.UNIMPLEMENTED]:
    'the server does not know this operation, or is not set up for it (for a time to live: extendedTypesEnabled)',
  [ErrorCode.NOTREADONLY]: 'the server is cut off from its quorum and takes no writes for now',
  [ErrorCode.SESSIONCLOSEDREQUIRESASLAUTH]: 'the server wants SASL: give options.sasl',
  [ErrorCode.SESSIONEXPIRED]: 'the session has expired',
  [ErrorCode.AUTHFAILED]: 'the credentials were refused',
  [ErrorCode.QUOTAEXCEEDED]: 'the quota of a node above is used up',
  [ErrorCode.SYSTEMERROR]: 'the server cannot, such as when its disk is full; look into its log',
  [ErrorCode.THROTTLEDOP]: 'the server has too much to do; repeat it later',
  [ErrorCode.REQUESTTIMEOUT]: 'the server has given it up; it may have been applied',
  [ErrorCode.SESSIONMOVED]: 'another server serves the session now; repeat it',
  [ErrorCode.RECONFIGDISABLED]: 'the servers do not allow it (reconfigEnabled)',
  [ErrorCode.RECONFIGINPROGRESS]: 'another reconfiguration is under way; wait for it',
  [ErrorCode.NEWCONFIGNOQUORUM]: 'the new members have no quorum; start them first',
  [ErrorCode.EPHEMERALONLOCALSESSION]:
    'only one server knows the session; set localSessionsUpgradingEnabled=true on the servers',
};

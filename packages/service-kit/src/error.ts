/** Why something of this package failed; stable, for code to branch on. */
export type ServiceKitErrorCode =
  /** A setting's value is not acceptable, or a flag is unknown. */
  | 'INVALID_SETTING'
  /** The settings file cannot be read or parsed. */
  | 'SETTINGS_FILE'
  /** The data folder or database cannot be created, opened or locked. */
  | 'DATABASE_OPEN'
  /** A migration failed, or the database was written by a newer program. */
  | 'MIGRATION_FAILED'
  /** The secret between services cannot be read, or is none. */
  | 'SERVICE_SECRET'
  /** A certificate, its key or an authority cannot be read or used. */
  | 'TLS_FILES'
  /** The identities for ZooKeeper cannot be read or are none, or ZooKeeper refuses them. */
  | 'ZOOKEEPER_AUTH'
  /** The admin server cannot listen. */
  | 'ADMIN_LISTEN';

/** The one error class of this package. The message says what happened, to what, and what to do. */
export class ServiceKitError extends Error {
  override readonly name = 'ServiceKitError';
  readonly code: ServiceKitErrorCode;

  constructor(code: ServiceKitErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

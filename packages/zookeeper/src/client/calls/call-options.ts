/**
 * For each call. An aborted call rejects with the signal's reason; if it was sent already, the server
 * may still apply it. A field that a call has no use for is refused with `BAD_ARGUMENTS`.
 */
export interface CallOptions {
  /** Gives the call up. */
  signal?: AbortSignal | undefined;
  /** Ms, from the call on, 0 to 2,147,483,647; no limit unless told. Then `OPERATION_TIMEOUT`, whose `sent` says whether it may have been applied. */
  timeoutMs?: number | undefined;
}

/** For calls that change a node only in an expected version. */
export interface VersionedOptions extends CallOptions {
  /** Expected version; -1, the default, is any. */
  version?: number | undefined;
}

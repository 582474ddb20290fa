import type { Metadata } from '../wire/metadata.ts';
import type { PeerIdentity } from './authentication.ts';

/** A call that asks to be let in. */
export interface AuthorizationRequest {
  /** `UserServiceRpc` */
  readonly service: string;
  /** `Login` */
  readonly method: string;
  readonly identity: PeerIdentity;
  /** The caller's address. */
  readonly peer: string;
  readonly metadata: Metadata;
}

/**
 * Decides for every call, before interceptors and handler see it. False, or what it throws, refuses: anything
 * but an RpcError as PERMISSION_DENIED.
 *
 * ```ts
 * const authorize: Authorize = ({ service, identity }) =>
 *   service !== 'AdminRpc' || (identity.kind === 'tls' && identity.subject === 'console');
 * ```
 */
export type Authorize = (request: AuthorizationRequest) => boolean | Promise<boolean>;

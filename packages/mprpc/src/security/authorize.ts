import { RpcError } from '../errors.ts';
import type { Serve, ServedContext } from '../provider/served-method.ts';
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

/** `serve`, for those whom `authorize` lets in. */
export function authorized(
  service: string,
  method: string,
  serve: Serve,
  authorize: Authorize,
): Serve {
  const refuse = (): never => {
    throw new RpcError('PERMISSION_DENIED', `/${service}/${method}: the caller may not call it`, {
      reason: 'NOT_AUTHORIZED',
    });
  };
  return (request: unknown, context: ServedContext): unknown => {
    const { identity, peer, metadata } = context;
    let verdict: boolean | Promise<boolean>;
    try {
      verdict = authorize({ service, method, identity, peer, metadata });
    } catch (error) {
      if (error instanceof RpcError) throw error;
      return refuse();
    }
    if (typeof verdict === 'boolean') return verdict ? serve(request, context) : refuse();
    return verdict.then(
      (allowed) => (allowed ? serve(request, context) : refuse()),
      (error: unknown) => {
        if (error instanceof RpcError) throw error;
        return refuse();
      },
    );
  };
}

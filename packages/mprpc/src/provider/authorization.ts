import { RpcError } from '../errors.ts';
import type { Authorize } from '../security/authorize.ts';
import type { Serve, ServedContext } from './serve.ts';

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

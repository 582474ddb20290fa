import type { Metadata } from './wire/metadata.ts';

/** A call on its way, on either side. */
export interface InterceptedCall {
  readonly side: 'client' | 'server';
  /** `UserServiceRpc` */
  readonly service: string;
  /** `Login` */
  readonly method: string;
  /** The request; an iterable of them when the method streams requests. */
  readonly request: unknown;
  readonly metadata: Metadata;
  /** Aborted when the call is cancelled or its deadline passes; `undefined` on a client without one. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Wraps calls: one signature on both sides. Pass a changed copy to `next` to change request or
 * metadata, look at or replace the response, throw an RpcError to refuse. A stream of responses is what `next`
 * resolves with before the first of them is there: wrap it to see its messages and its end.
 *
 * ```ts
 * const timing: Interceptor = async (call, next) => {
 *   const start = performance.now();
 *   try {
 *     return await next(call);
 *   } finally {
 *     record(call.service, call.method, performance.now() - start);
 *   }
 * };
 * ```
 */
export type Interceptor = (
  call: InterceptedCall,
  next: (call: InterceptedCall) => Promise<unknown>,
) => Promise<unknown>;

/** The interceptors as one; the first in the list is the outermost. */
export function composeInterceptors(interceptors: readonly Interceptor[]): Interceptor {
  return interceptors.reduceRight<Interceptor>(
    (inner, outer) => (call, next) => outer(call, (changed) => inner(changed, next)),
    (call, next) => next(call),
  );
}

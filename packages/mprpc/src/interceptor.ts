import type { CallProgress } from './observability/call-progress.ts';
import type { Metadata } from './wire/metadata.ts';

/** What is one message and what is many. */
export type CallKind = 'unary' | 'client-streaming' | 'server-streaming' | 'bidirectional';

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
  readonly kind: CallKind;
  /** On a client: the id of the one instance it is for, if it is for one. */
  readonly instance?: string | undefined;
  /** How many messages have passed, and how the call ends: also that of a stream. */
  readonly progress: CallProgress;
}

/**
 * Wraps calls: one signature on both sides. Pass a changed copy to `next` to change request or
 * metadata, look at or replace the response, throw an RpcError to refuse. A stream of responses is what `next`
 * resolves with before the first of them is there; `progress` tells how the call ends, whichever kind it is.
 *
 * ```ts
 * const timing: Interceptor = (call, next) => {
 *   call.progress.onEnd(({ code, ms }) => record(call.service, call.method, code, ms));
 *   return next(call);
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

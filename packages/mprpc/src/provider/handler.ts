import type { MethodDefinition, RequestOf, ResponseOf, ServiceDefinition } from '../definition.ts';
import type { PeerIdentity } from '../security/authentication.ts';
import type { StreamSource } from '../streams/outbound-stream.ts';
import type { Metadata } from '../wire/metadata.ts';

/** What a handler knows about the call beside the request. */
export interface HandlerContext {
  /** Aborted when the caller cancels, the deadline passes, or the caller's connection is lost. */
  readonly signal: AbortSignal;
  /** Aborted when the provider begins to drain: streams without an end of their own should end. */
  readonly draining: AbortSignal;
  /** When the caller stops waiting: Unix ms, Infinity if never. */
  readonly deadline: number;
  readonly metadata: Metadata;
  /** The caller's address, e.g. `127.0.0.1:52011`. */
  readonly peer: string;
  /** Who the caller has proven to be. */
  readonly identity: PeerIdentity;
  /** `/UserServiceRpc/Login` */
  readonly method: string;
}

/** What a handler gets: one request, or a stream of them. The caller may send only as fast as it is read. */
export type HandlerInput<M extends MethodDefinition> = M['requestStream'] extends true
  ? AsyncIterableIterator<RequestOf<M>, undefined>
  : RequestOf<M>;

/** What a handler returns: the response, or a stream of them, read only as fast as the caller takes them. */
export type HandlerOutput<M extends MethodDefinition> = M['responseStream'] extends true
  ? StreamSource<ResponseOf<M>>
  : ResponseOf<M>;

/**
 * Serves one method. Throw an RpcError to answer with a code; anything else that is thrown becomes INTERNAL
 * with a generic message. A streaming method may be an async generator; its `finally` runs also when the
 * caller goes away.
 *
 * ```ts
 * async *watch({ key }, { signal }) {
 *   for await (const value of changes(key, signal)) yield { value };
 * }
 * ```
 */
export type Handler<M extends MethodDefinition> = (
  request: HandlerInput<M>,
  context: HandlerContext,
) => Promise<HandlerOutput<M>> | HandlerOutput<M>;

/** A handler for every method of a service; a missing one does not compile. */
export type Handlers<D extends ServiceDefinition> = {
  readonly [K in keyof D['methods']]: Handler<D['methods'][K]>;
};

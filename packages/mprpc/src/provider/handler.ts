import type { MethodDefinition, RequestOf, ResponseOf, ServiceDefinition } from '../definition.ts';
import type { Metadata } from '../wire/metadata.ts';

/** What a handler knows about the call beside the request. */
export interface HandlerContext {
  /** Aborted when the caller cancels, the deadline passes, or the caller's connection is lost. */
  readonly signal: AbortSignal;
  /** When the caller stops waiting: Unix ms, Infinity if never. */
  readonly deadline: number;
  readonly metadata: Metadata;
  /** The caller's address, e.g. `127.0.0.1:52011`. */
  readonly peer: string;
  /** `/UserServiceRpc/Login` */
  readonly method: string;
}

/**
 * Serves one method. Throw an RpcError to answer with a code; anything else that is thrown becomes INTERNAL
 * with a generic message.
 */
export type Handler<M extends MethodDefinition> = (
  request: RequestOf<M>,
  context: HandlerContext,
) => Promise<ResponseOf<M>> | ResponseOf<M>;

/** A handler for every method of a service; a missing one does not compile. */
export type Handlers<D extends ServiceDefinition> = {
  readonly [K in keyof D['methods']]: Handler<D['methods'][K]>;
};

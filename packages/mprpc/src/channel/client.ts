import type {
  MethodDefinition,
  RequestInputOf,
  ResponseOf,
  ServiceDefinition,
} from '../definition.ts';
import type { Metadata } from '../wire/metadata.ts';

/** Options of one call. */
export interface CallOptions {
  /** Milliseconds until the call fails with DEADLINE_EXCEEDED; Infinity for never. Default: the channel's. */
  deadlineMs?: number;
  /** Cancels the call; the server's handler hears of it. */
  signal?: AbortSignal;
  /** Travels with the call. */
  metadata?: Metadata;
  /** Sends the call to the instance with this id and no other. */
  instance?: string;
  /** Sends calls of the same key to the same instance while it is there. */
  hashKey?: string;
  /**
   * The call being handled, when this one is made on its behalf: it ends no later than that one's
   * deadline and is cancelled with it.
   */
  parent?: { readonly deadline: number; readonly signal: AbortSignal };
}

/** A method of a typed client. Rejects with RpcError. */
export type ClientMethod<M extends MethodDefinition> = (
  request: RequestInputOf<M>,
  options?: CallOptions,
) => Promise<ResponseOf<M>>;

/** A typed client: one function for each method of the definition. */
export type RpcClient<D extends ServiceDefinition> = {
  readonly [K in keyof D['methods']]: ClientMethod<D['methods'][K]>;
};

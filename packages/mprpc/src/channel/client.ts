import type {
  MethodDefinition,
  RequestInputOf,
  ResponseOf,
  ServiceDefinition,
} from '../definition.ts';
import type { StreamSource } from '../streams/outbound-stream.ts';
import type { Metadata } from '../wire/metadata.ts';

/** When a call that takes long is made a second time, elsewhere, and the first answer taken. */
export interface HedgeOptions {
  /** How long the first attempt, and then each further one, is waited for, in ms; a method's p95 is a good start. */
  afterMs: number;
  /** Attempts in all, the first included. Default 2. */
  attempts?: number;
}

/** Options of one call. */
export interface CallOptions {
  /**
   * Milliseconds until the call fails with DEADLINE_EXCEEDED; Infinity for never. Default: the channel's, and
   * none for a streaming call.
   */
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
   * While nobody provides the method or nobody can be reached, wait instead of failing, for as long as the
   * deadline allows. Default false.
   */
  waitForReady?: boolean;
  /**
   * When the answer takes long, ask another instance too and take what comes first. Only for methods marked
   * IDEMPOTENT or NO_SIDE_EFFECTS; INVALID_ARGUMENT for others.
   */
  hedge?: HedgeOptions;
  /**
   * The call being handled, when this one is made on its behalf: it ends no later than that one's
   * deadline, is cancelled with it, and belongs to the same trace (`traceparent` and `tracestate` of its metadata).
   */
  parent?: {
    readonly deadline: number;
    readonly signal: AbortSignal;
    readonly metadata?: Metadata;
  };
}

/**
 * The responses of a streaming call. The call begins with the first read and is cancelled when reading stops
 * early (`break` in `for await`). Rejects with RpcError.
 */
export type ResponseStream<T> = AsyncIterableIterator<T, undefined> & AsyncDisposable;

/** What a caller passes: one request, or a stream of them, read only as fast as the server takes them. */
export type CallInput<M extends MethodDefinition> = M['requestStream'] extends true
  ? StreamSource<RequestInputOf<M>>
  : RequestInputOf<M>;

/** What a caller gets: a promise of the response, or a stream of them. */
export type CallOutput<M extends MethodDefinition> = M['responseStream'] extends true
  ? ResponseStream<ResponseOf<M>>
  : Promise<ResponseOf<M>>;

/** A method of a typed client. Rejects with RpcError. */
export type ClientMethod<M extends MethodDefinition> = (
  request: CallInput<M>,
  options?: CallOptions,
) => CallOutput<M>;

/** A typed client: one function for each method of the definition. */
export type RpcClient<D extends ServiceDefinition> = {
  readonly [K in keyof D['methods']]: ClientMethod<D['methods'][K]>;
};

import type { StatusCode } from '../errors.ts';

/** A method whose calls are observed. */
export interface ObservedMethod {
  /** `UserServiceRpc` */
  readonly service: string;
  /** `Login` */
  readonly method: string;
}

/** Hears how one call ended and how many ms it took, all attempts together; a stream is over with its last message. */
export type ObserveCall = (code: StatusCode, ms: number) => void;

/**
 * For metrics: asked once for every method, and what it returns hears of the end of every call of it. An interceptor
 * could do the same, but costs an object and several promises per call; this costs two looks at the clock
 * (`bench rpc`). A request that cannot be encoded, or decoded, is no call.
 *
 * ```ts
 * new RpcChannel({ resolver, observer: ({ service, method }) => (code, ms) => record(service, method, code, ms) });
 * ```
 */
export type CallObserver = (method: ObservedMethod) => ObserveCall;

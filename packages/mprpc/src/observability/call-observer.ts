import type { StatusCode } from '../errors.ts';
import type { CallKind } from '../interceptor.ts';
import type { MessageCounts } from './call-progress.ts';

/** A method whose calls are observed. */
export interface ObservedMethod {
  /** `UserServiceRpc` */
  readonly service: string;
  /** `Login` */
  readonly method: string;
  readonly kind: CallKind;
}

/**
 * Hears how one call ended, how many ms it took, all attempts together, and how many messages it had; a stream is
 * over with its last message.
 */
export type ObserveCall = (code: StatusCode, ms: number, messages: Readonly<MessageCounts>) => void;

/** The messages of a call of one request and one response that went well, and of one that did not. */
export const UNARY_OK: Readonly<MessageCounts> = Object.freeze({ requests: 1, responses: 1 });
export const UNARY_FAILED: Readonly<MessageCounts> = Object.freeze({ requests: 1, responses: 0 });

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

import type { CompressionOptions } from '../compression/compression.ts';
import type { Interceptor } from '../interceptor.ts';
import type { CallObserver } from '../observability/call-observer.ts';
import type { ServerAuthentication } from '../security/authentication.ts';
import type { Authorize } from '../security/authorize.ts';
import type { Clock } from '../time/clock.ts';
import type { Transport } from '../transport/transport.ts';
import type { WireLimits } from '../wire/constants.ts';
import type { LoadSheddingOptions } from './load-shedding.ts';
import type { MethodLimits } from './method-limits.ts';

/** How a provider behaves. Times in milliseconds, sizes in bytes. */
export interface RpcProviderOptions {
  /** Default 127.0.0.1. */
  host?: string;
  /** Default 0: any free port. */
  port?: number;
  /** Wrap every handler, the first outermost. Set before `notifyService`. */
  interceptors?: readonly Interceptor[];
  /**
   * Limits methods, each by itself. Keys: `UserServiceRpc/Login`, `UserServiceRpc/*`, `*`; the first of these that is
   * there holds. Calls beyond a limit are answered with RESOURCE_EXHAUSTED, reason `CONCURRENCY_LIMIT`, `QUEUE_DELAY` or
   * `RATE_LIMIT`, before interceptors see them, and go to another instance if there is one. Default: no limits.
   *
   * ```ts
   * new RpcProvider({
   *   methodLimits: {
   *     'UserServiceRpc/Login': { maxConcurrent: 4, maxQueued: 64 }, // hashing a password keeps a core busy
   *     '*': { ratePerSecond: 5000 },
   *   },
   * });
   * ```
   */
  methodLimits?: MethodLimits;
  /**
   * Refuses a growing share of the calls while requests wait too long for this process: RESOURCE_EXHAUSTED, reason
   * `OVERLOADED`, before limits and interceptors see them; the caller goes to another instance. `{}` for the defaults. Default: off.
   */
  loadShedding?: LoadSheddingOptions;
  /** Hears how every call of a handler ended. Set before `notifyService`. */
  observer?: CallObserver;
  /** What this side accepts from callers. */
  limits?: Partial<WireLimits>;
  /** A caller silent for this long is pinged, silent for twice as long it is given up. Default 15,000. */
  keepaliveMs?: number;
  /** Unread bytes of answers at which no more requests of that caller are read. Default 4 MiB. */
  pauseBytes?: number;
  /** Streaming calls one connection may have under way; more fail with RESOURCE_EXHAUSTED. Default 1000. */
  maxStreams?: number;
  /**
   * Hears what handlers throw beside RpcError; the caller only learns INTERNAL. Default: a process warning.
   * The diagnostics channel `mpim:mprpc:handler-error` hears the same.
   */
  onError?: (error: unknown, call: { method: string; peer: string }) => void;
  /** Compresses answers to callers that agree, and takes compressed requests. Default: off. */
  compression?: CompressionOptions;
  /** What callers must show before their first call. Default: nothing. */
  authentication?: ServerAuthentication;
  /** Decides about each call by caller and method. Default: everything is allowed. */
  authorize?: Authorize;
  /** Ms a caller may take to say HELLO and authenticate. Default 5000. */
  handshakeTimeoutMs?: number;
  transport?: Transport;
  clock?: Clock;
}

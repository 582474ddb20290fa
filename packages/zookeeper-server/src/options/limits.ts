import { MAX_FRAME_BYTES } from '@mpim/zookeeper/protocol';
import { requireInteger } from './whole-number.ts';

/** How much clients may ask of the server at once. In brackets: the name in Apache ZooKeeper's `zoo.cfg`. */
export interface LimitOptions {
  /** Connections allowed per address, 0 for any number; default 60 (`maxClientCnxns`). */
  maxClientConnections?: number;
  /** Connections allowed in all, 0, the default, for any number (`maxCnxns`). */
  maxConnections?: number;
  /** Longest request in bytes; a longer one ends its connection. Default 1,048,575 (`jute.maxbuffer`). */
  maxFrameBytes?: number;
  /**
   * Requests whose answers are not out yet, of all clients together, above which nothing is read from a client
   * that has some of them; default 1000 (`globalOutstandingLimit`).
   */
  maxOutstandingRequests?: number;
  /**
   * Bytes of answers and notifications that wait for the disk or that clients leave unread, of all connections together; 0 for any
   * number, default 256 MiB. Clients that leave most unread for longest are cut off, those that have been behind for a second at
   * half of it. An answer that is longer cannot be had (`maxUnsentBytes`, this server's own).
   */
  maxUnsentBytes?: number;
  /**
   * Requests under way above which further ones wait in a queue; default 0, no such limit
   * (`requestThrottleLimit`, `request_throttle_max_requests`).
   */
  requestThrottleLimit?: number;
  /** Milliseconds in that queue after which a request is answered THROTTLEDOP; default 0: never (`throttled_op_wait_time`). */
  throttledOpWaitMs?: number;
  /** Whether stale requests of that queue are dropped, with their connections; default true (`request_throttle_drop_stale`). */
  requestThrottleDropStale?: boolean;
  /** Whether a request that waits longer than its session's timeout is stale; default false (`request_stale_latency_check`). */
  requestStaleLatencyCheck?: boolean;
  /** Bytes above which a request counts as a large one; default -1: none does (`largeRequestThreshold`). */
  largeRequestThreshold?: number;
  /** Bytes of all large requests under way; one that passes it ends its connection. Default 100 MiB (`largeRequestMaxBytes`). */
  largeRequestMaxBytes?: number;
  /**
   * How long a connection may take to open a session, and a finished one to take its last bytes, in ms; default 10,000
   * (`nio.sessionlessCnxnTimeout`).
   */
  handshakeTimeoutMs?: number;
}

/** {@link LimitOptions} with the defaults filled in. */
export type LimitSettings = Readonly<Required<LimitOptions>>;

const DEFAULT_MAX_CLIENT_CONNECTIONS = 60;
const DEFAULT_MAX_OUTSTANDING = 1000;
const DEFAULT_MAX_UNSENT_BYTES = 256 << 20;
const DEFAULT_LARGE_REQUEST_BYTES = 100 << 20;
const DEFAULT_HANDSHAKE_TIMEOUT_MS = 10_000;
/** What a connect request and a path need at the least. */
const MIN_FRAME_BYTES = 128;
/** An entry of the log must fit into a buffer with what is around it. */
const MAX_MAX_FRAME_BYTES = 1 << 30;

/** Fills in defaults; throws `ZooKeeperServerError` `BAD_OPTION` for what makes no sense. */
export function resolveLimits(options: LimitOptions): LimitSettings {
  const limits = {
    maxClientConnections: options.maxClientConnections ?? DEFAULT_MAX_CLIENT_CONNECTIONS,
    maxConnections: options.maxConnections ?? 0,
    maxFrameBytes: options.maxFrameBytes ?? MAX_FRAME_BYTES,
    maxOutstandingRequests: options.maxOutstandingRequests ?? DEFAULT_MAX_OUTSTANDING,
    maxUnsentBytes: options.maxUnsentBytes ?? DEFAULT_MAX_UNSENT_BYTES,
    requestThrottleLimit: options.requestThrottleLimit ?? 0,
    throttledOpWaitMs: options.throttledOpWaitMs ?? 0,
    requestThrottleDropStale: options.requestThrottleDropStale ?? true,
    requestStaleLatencyCheck: options.requestStaleLatencyCheck ?? false,
    largeRequestThreshold: options.largeRequestThreshold ?? -1,
    largeRequestMaxBytes: options.largeRequestMaxBytes ?? DEFAULT_LARGE_REQUEST_BYTES,
    handshakeTimeoutMs: options.handshakeTimeoutMs ?? DEFAULT_HANDSHAKE_TIMEOUT_MS,
  };
  requireInteger('maxClientConnections', limits.maxClientConnections, 0);
  requireInteger('maxConnections', limits.maxConnections, 0);
  requireInteger('maxFrameBytes', limits.maxFrameBytes, MIN_FRAME_BYTES, MAX_MAX_FRAME_BYTES);
  requireInteger('maxOutstandingRequests', limits.maxOutstandingRequests, 1);
  requireInteger('maxUnsentBytes', limits.maxUnsentBytes, 0);
  requireInteger('requestThrottleLimit', limits.requestThrottleLimit, 0);
  requireInteger('throttledOpWaitMs', limits.throttledOpWaitMs, 0);
  requireInteger('largeRequestThreshold', limits.largeRequestThreshold, -1);
  requireInteger('largeRequestMaxBytes', limits.largeRequestMaxBytes, 1);
  requireInteger('handshakeTimeoutMs', limits.handshakeTimeoutMs, 1);
  return limits;
}

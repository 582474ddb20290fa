import type { Compression } from '../compression/compression.ts';
import type { ServerAuthentication } from '../security/authentication.ts';
import type { Clock } from '../time/clock.ts';
import type { TimerWheel } from '../time/timer-wheel.ts';
import type { WireLimits } from '../wire/constants.ts';
import type { ServedMethod } from './served-method.ts';

/** What answering calls needs of the provider. */
export interface ServingHost {
  readonly clock: Clock;
  readonly wheel: TimerWheel;
  readonly limits: WireLimits;
  /** Bytes of unread answers at which no further requests are read. */
  readonly pauseBytes: number;
  /** Streaming calls one connection may have under way. */
  readonly maxStreams: number;
  /** Set where compression is switched on. */
  readonly compression: Compression | undefined;
  /** What callers must show; `undefined` for nothing. */
  readonly authentication: ServerAuthentication | undefined;
  /** Ms a caller may take to say HELLO and authenticate. */
  readonly handshakeTimeoutMs: number;
  /** Aborted when the provider begins to drain. */
  readonly draining: AbortSignal;
  /** The method behind a wire path such as `/mpim.v1.UserServiceRpc/Login`. */
  lookup(path: string): ServedMethod | undefined;
  /** A handler threw something that is no RpcError, or returned what cannot be encoded. */
  onError(error: unknown, call: { method: string; peer: string }): void;
  /** A call was answered or given up. */
  onCallDone(): void;
}

import type { CompressionStats } from '../compression/compression.ts';

/** What a channel knows about one address. */
export interface AddressStats {
  /** `127.0.0.1:40123` */
  readonly address: string;
  readonly connection: 'none' | 'connecting' | 'ready';
  /** Calls given to it and not finished. */
  readonly inFlight: number;
  /** Left out because it keeps failing. */
  readonly ejected: boolean;
  /** Left out because it says nothing. */
  readonly stalled: boolean;
  /** Left out because no connection could be made, or it broke; tried again in the background. */
  readonly unreachable: boolean;
}

/** What a channel is doing and has done; made when asked for, so counting costs calls nothing but additions. */
export interface ChannelStats {
  /** Calls begun and not finished. */
  readonly inFlight: number;
  /** Of these, calls that wait for others because of the concurrency limit. */
  readonly queued: number;
  /** Repeated and hedged attempts so far. */
  readonly retries: number;
  /** Those the retry budget did not allow. */
  readonly retriesRefused: number;
  /** Ejections so far. */
  readonly ejections: number;
  /** Addresses found stalled so far. */
  readonly stalls: number;
  /** Times an avoided address was tried or asked in the background. */
  readonly probes: number;
  /** What compression has done; `undefined` while it is off. */
  readonly compression: CompressionStats | undefined;
  readonly addresses: readonly AddressStats[];
}

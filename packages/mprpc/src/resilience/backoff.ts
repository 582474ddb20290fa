import type { Random } from '../time/clock.ts';

/** How long to wait after failures in a row. */
export interface BackoffOptions {
  /** After the first failure, before jitter. */
  baseMs: number;
  /** Never more than this, before jitter. */
  maxMs: number;
  /** Growth from one failure to the next. */
  multiplier: number;
  /** The delay is spread over ± this fraction. */
  jitter: number;
}

/** For connecting to an address: shape from gRPC's `connection-backoff.md`, shorter because a registry tells who is alive. */
export const CONNECT_BACKOFF: BackoffOptions = {
  baseMs: 100,
  maxMs: 5000,
  multiplier: 1.6,
  jitter: 0.2,
};

/** For calls that wait until somebody is ready: how often everybody is asked again. */
export const READY_BACKOFF: BackoffOptions = {
  baseMs: 20,
  maxMs: 500,
  multiplier: 1.6,
  jitter: 0.2,
};

/** Milliseconds to wait after `failures` (1 or more) failures in a row. */
export function backoffMs(options: BackoffOptions, failures: number, random: Random): number {
  const delay = Math.min(options.baseMs * options.multiplier ** (failures - 1), options.maxMs);
  return delay * (1 + options.jitter * (2 * random() - 1));
}

import { type Clock, systemClock } from '../time/clock.ts';
import type { Weigh } from './weight.ts';

/** How the share of a young instance grows. */
export interface SlowStartOptions {
  /** From its start to its full share, in ms. Default 30,000. */
  windowMs?: number;
  /** The share it begins with. Default 0.1 (Envoy: `min_weight_percent`). */
  minShare?: number;
  clock?: Clock;
}

/**
 * Weights that let young instances warm up (compile, fill their caches) before they carry their full share;
 * the share grows evenly with `startedAt`. When all are young all are alike.
 *
 * ```ts
 * new RpcChannel({ resolver, balancer: new P2cBalancer(Math.random, slowStart()) });
 * ```
 */
export function slowStart(options: SlowStartOptions = {}): Weigh {
  const { windowMs = 30_000, minShare = 0.1, clock = systemClock } = options;
  return ({ instance }) => {
    const age = clock.now() - instance.startedAt;
    if (age >= windowMs) return instance.weight;
    // A clock that is behind the instance's sees a negative age.
    return instance.weight * Math.max(minShare, age / windowMs);
  };
}

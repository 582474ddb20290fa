import {
  P2cBalancer,
  type RpcChannelOptions,
  type RpcProviderOptions,
  slowStart,
  ZoneAwareBalancer,
} from '@mpim/mprpc';
import type { CommonSettings } from '../settings/common-settings.ts';

/** The settings that say how calls are shared out and kept within bounds. */
export type TrafficSettings = Pick<
  CommonSettings,
  | 'zone'
  | 'rpcMaxInFlight'
  | 'rpcBreakerPercent'
  | 'rpcMaxHandled'
  | 'rpcShedMs'
  | 'rpcCompressBytes'
>;

/** A fresh process has compiled its code and filled its caches by then. */
const SLOW_START_MS = 10_000;

/**
 * For a channel: a service that is slow or failing takes neither all of this process's memory nor its other calls
 * with it.
 */
export function channelRules({
  zone,
  rpcMaxInFlight,
  rpcBreakerPercent,
  rpcCompressBytes,
}: TrafficSettings): Pick<
  RpcChannelOptions,
  'balancer' | 'circuitBreaker' | 'concurrency' | 'compression'
> {
  return {
    balancer: new ZoneAwareBalancer({
      zone,
      inner: new P2cBalancer(Math.random, slowStart({ windowMs: SLOW_START_MS })),
    }),
    ...(rpcBreakerPercent === 0
      ? {}
      : { circuitBreaker: { failureShare: rpcBreakerPercent / 100 } }),
    concurrency: { maxInFlight: rpcMaxInFlight, maxQueued: rpcMaxInFlight },
    ...compression(rpcCompressBytes),
  };
}

/** For a provider: what it cannot do in time it refuses, so that callers go to another instance. */
export function providerRules({
  rpcMaxHandled,
  rpcShedMs,
  rpcCompressBytes,
}: TrafficSettings): Pick<RpcProviderOptions, 'methodLimits' | 'loadShedding' | 'compression'> {
  return {
    methodLimits: { '*': { maxConcurrent: rpcMaxHandled, maxQueued: rpcMaxHandled } },
    ...(rpcShedMs === 0 ? {} : { loadShedding: { maxDelayMs: rpcShedMs } }),
    ...compression(rpcCompressBytes),
  };
}

function compression(thresholdBytes: number) {
  return thresholdBytes === 0 ? {} : { compression: { thresholdBytes } };
}

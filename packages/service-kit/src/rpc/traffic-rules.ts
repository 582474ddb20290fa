import {
  circuitBreaker,
  type Interceptor,
  loadShedding,
  methodLimits,
  type RpcChannelOptions,
  type RpcProviderOptions,
} from '@mpim/mprpc';
import type { CommonSettings } from '../settings/common-settings.ts';

/** The settings that say how calls are kept within bounds. */
export type TrafficSettings = Pick<
  CommonSettings,
  'rpcMaxInFlight' | 'rpcBreakerPercent' | 'rpcMaxHandled' | 'rpcShedMs' | 'rpcCompressBytes'
>;

/**
 * For a channel: a service that is slow or failing takes neither all of this process's memory nor its other calls
 * with it. `interceptors` are those to put before.
 */
export function channelRules(
  { rpcMaxInFlight, rpcBreakerPercent, rpcCompressBytes }: TrafficSettings,
  interceptors: readonly Interceptor[],
): Pick<RpcChannelOptions, 'interceptors' | 'concurrency' | 'compression'> {
  const breaker =
    rpcBreakerPercent === 0 ? [] : [circuitBreaker({ failureShare: rpcBreakerPercent / 100 })];
  return {
    interceptors: [...interceptors, ...breaker],
    concurrency: { maxInFlight: rpcMaxInFlight, maxQueued: rpcMaxInFlight },
    ...compression(rpcCompressBytes),
  };
}

/** For a provider: what it cannot do in time it refuses, so that callers go to another instance. */
export function providerRules(
  { rpcMaxHandled, rpcShedMs, rpcCompressBytes }: TrafficSettings,
  interceptors: readonly Interceptor[],
): Pick<RpcProviderOptions, 'interceptors' | 'compression'> {
  const shedding = rpcShedMs === 0 ? [] : [loadShedding({ maxDelayMs: rpcShedMs })];
  const limit = methodLimits({ '*': { maxConcurrent: rpcMaxHandled, maxQueued: rpcMaxHandled } });
  return {
    interceptors: [...interceptors, ...shedding, limit],
    ...compression(rpcCompressBytes),
  };
}

function compression(thresholdBytes: number) {
  return thresholdBytes === 0 ? {} : { compression: { thresholdBytes } };
}

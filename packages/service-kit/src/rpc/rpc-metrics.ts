import type { CallObserver } from '@mpim/mprpc';
import type { Registry } from 'prom-client';
import { CallHistogram } from './call-histogram.ts';

/**
 * Counts and times the calls of one side: `mpim_rpc_server_seconds` for a provider, `mpim_rpc_client_seconds` for
 * a channel, by `rpc_service`, `rpc_method` and `code`.
 */
export function rpcMetrics(registry: Registry, side: 'client' | 'server'): CallObserver {
  const help = side === 'server' ? 'Calls handled here' : 'Calls made from here';
  const histogram = new CallHistogram(`mpim_rpc_${side}_seconds`, help, registry);
  return ({ service, method }) => {
    const count = histogram.ofMethod(service, method);
    return (code, ms) => count(code, ms / 1000);
  };
}

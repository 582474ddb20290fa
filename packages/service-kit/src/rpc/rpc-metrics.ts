import { type Interceptor, RpcError, type StatusCode } from '@mpim/mprpc';
import { Histogram, type Registry } from 'prom-client';

/** Seconds; from a cached lookup to the default deadline. */
const BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

type Timer = ReturnType<Histogram['labels']>;

/**
 * Counts and times the calls of one side: `mpim_rpc_server_seconds` for a provider, `mpim_rpc_client_seconds` for
 * a channel, by `rpc_service`, `rpc_method` and `code`.
 */
export function rpcMetrics(registry: Registry, side: 'client' | 'server'): Interceptor {
  const histogram = new Histogram({
    name: `mpim_rpc_${side}_seconds`,
    help: side === 'server' ? 'Calls handled here' : 'Calls made from here',
    labelNames: ['rpc_service', 'rpc_method', 'code'],
    buckets: BUCKETS,
    registers: [registry],
  });
  // Looking a series up by its labels builds and hashes strings: once per series, not once per call.
  const timers = new Map<string, Timer>();
  const timerFor = (service: string, method: string, code: StatusCode): Timer => {
    const key = `${service}/${method}/${code}`;
    let timer = timers.get(key);
    if (!timer) {
      timer = histogram.labels({ rpc_service: service, rpc_method: method, code });
      timers.set(key, timer);
    }
    return timer;
  };
  return async (call, next) => {
    const start = performance.now();
    let code: StatusCode = 'OK';
    try {
      return await next(call);
    } catch (error) {
      code = error instanceof RpcError ? error.code : 'INTERNAL';
      throw error;
    } finally {
      timerFor(call.service, call.method, code).observe((performance.now() - start) / 1_000);
    }
  };
}

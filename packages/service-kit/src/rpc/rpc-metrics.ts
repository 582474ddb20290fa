import type { CallObserver } from '@mpim/mprpc';
import { Counter, type Registry } from 'prom-client';
import { CallHistogram } from './call-histogram.ts';

const LABELS = ['rpc_service', 'rpc_method', 'direction'] as const;

/**
 * Counts and times the calls of one side: `mpim_rpc_server_seconds` for a provider, `mpim_rpc_client_seconds` for
 * a channel, by `rpc_service`, `rpc_method` and `code`; a stream's time is that of all of it. Where a method streams,
 * also the messages of its calls, `mpim_rpc_<side>_messages_total` by `direction` (`sent`, `received`).
 */
export function rpcMetrics(registry: Registry, side: 'client' | 'server'): CallObserver {
  const help = side === 'server' ? 'Calls handled here' : 'Calls made from here';
  const histogram = new CallHistogram(`mpim_rpc_${side}_seconds`, help, registry);
  let messages: Counter<(typeof LABELS)[number]> | undefined;
  return ({ service, method, kind }) => {
    const count = histogram.ofMethod(service, method);
    if (kind === 'unary') return (code, ms) => count(code, ms / 1000);
    messages ??= new Counter({
      name: `mpim_rpc_${side}_messages_total`,
      help: 'Messages of the streaming calls that have ended',
      labelNames: LABELS,
      registers: [registry],
    });
    const of = { rpc_service: service, rpc_method: method };
    const sent = messages.labels({ ...of, direction: 'sent' });
    const received = messages.labels({ ...of, direction: 'received' });
    return (code, ms, { requests, responses }) => {
      count(code, ms / 1000);
      sent.inc(side === 'client' ? requests : responses);
      received.inc(side === 'client' ? responses : requests);
    };
  };
}

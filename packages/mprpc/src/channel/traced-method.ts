import { clientCalls } from '../observability/tracing-channels.ts';
import { NO_METADATA } from '../wire/metadata.ts';
import type { BoundMethod } from './bound-method.ts';
import type { CallOptions } from './client.ts';

/** A client's function for a method with one request and one response. */
export type UnaryMethod = (request: unknown, options?: CallOptions) => Promise<unknown>;

/** The same, telling the subscribers of the tracing channel about each call while there are any. */
export function traced({ service, name }: BoundMethod, call: UnaryMethod): UnaryMethod {
  return (request, options) => {
    if (!clientCalls.hasSubscribers) return call(request, options);
    const metadata = options?.metadata ?? NO_METADATA;
    const told = { side: 'client', service, method: name, request, metadata } as const;
    return clientCalls.tracePromise(call, told, undefined, request, options);
  };
}

import { clientCalls, publishEnd, type TracedCall } from '../observability/tracing-channels.ts';
import { type Metadata, NO_METADATA } from '../wire/metadata.ts';
import type { BoundMethod } from './bound-method.ts';
import type { CallOptions } from './client.ts';
import type { StreamOutcome } from './stream-call.ts';

/** A client's function for a method with one request and one response. */
export type UnaryMethod = (request: unknown, options?: CallOptions) => Promise<unknown>;

/** The outcome of a streaming call that begins now, told to the subscribers of the tracing channel too while there are any. */
export function tracedOutcome(
  { service, name }: BoundMethod,
  request: unknown,
  metadata: Metadata = NO_METADATA,
  outcome: StreamOutcome,
): StreamOutcome {
  if (!clientCalls.hasSubscribers) return outcome;
  const call: TracedCall = { side: 'client', service, method: name, request, metadata };
  clientCalls.start.publish(call);
  return {
    resolve: (response) => {
      publishEnd(clientCalls, call, { result: response });
      outcome.resolve(response);
    },
    reject: (error) => {
      publishEnd(clientCalls, call, { error });
      outcome.reject(error);
    },
  };
}

/** The same, telling the subscribers of the tracing channel about each call while there are any. */
export function traced({ service, name }: BoundMethod, call: UnaryMethod): UnaryMethod {
  return (request, options) => {
    if (!clientCalls.hasSubscribers) return call(request, options);
    const metadata = options?.metadata ?? NO_METADATA;
    const told = { side: 'client', service, method: name, request, metadata } as const;
    return clientCalls.tracePromise(call, told, undefined, request, options);
  };
}

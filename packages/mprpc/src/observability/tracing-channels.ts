import { type TracingChannel, tracingChannel } from 'node:diagnostics_channel';
import type { Metadata } from '../wire/metadata.ts';

/**
 * What subscribers of the tracing channels get: the same object at the start and at the end of one call, which
 * then also has `result` or `error` (node:diagnostics_channel, TracingChannel.tracePromise).
 */
export interface TracedCall {
  readonly side: 'client' | 'server';
  /** `UserServiceRpc` */
  readonly service: string;
  /** `Login` */
  readonly method: string;
  readonly request: unknown;
  readonly metadata: Metadata;
  result?: unknown;
  error?: unknown;
}

/**
 * Every call made from this process: `tracing:mprpc:client:start`, `…:asyncEnd`, `…:error`. All attempts of a call are
 * one; a stream of responses has no `result`, and ends with its last message. While nobody subscribes a call pays one look at a property.
 *
 * ```ts
 * tracingChannel('mprpc:client').subscribe({ start: (call) => …, asyncEnd: (call) => …, error: (call) => … });
 * ```
 */
export const clientCalls: TracingChannel<string, TracedCall> = tracingChannel('mprpc:client');

/** Every call handled in this process: `tracing:mprpc:server:start` and so on, to what the caller was told. */
export const serverCalls: TracingChannel<string, TracedCall> = tracingChannel('mprpc:server');

/** Tells of the end of a call whose start was published, as `tracePromise` does. */
export function publishEnd(
  channel: TracingChannel<string, TracedCall>,
  call: TracedCall,
  outcome: { result?: unknown; error?: unknown },
): void {
  Object.assign(call, outcome);
  if ('error' in outcome) channel.error.publish(call);
  channel.asyncStart.publish(call);
  channel.asyncEnd.publish(call);
}

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
 * Every call made from this process with one request and one response: `tracing:mprpc:client:start`, `…:asyncEnd`, `…:error`.
 * All attempts of a call are one. While nobody subscribes a call pays one look at a property.
 *
 * ```ts
 * tracingChannel('mprpc:client').subscribe({ start: (call) => …, asyncEnd: (call) => …, error: (call) => … });
 * ```
 */
export const clientCalls: TracingChannel<string, TracedCall> = tracingChannel('mprpc:client');

/** Every call handled in this process: `tracing:mprpc:server:start` and so on; a stream ends with its handler. */
export const serverCalls: TracingChannel<string, TracedCall> = tracingChannel('mprpc:server');

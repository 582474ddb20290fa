import type { MessageType } from '../definition.ts';
import { RpcError } from '../errors.ts';
import type { InterceptedCall, Interceptor } from '../interceptor.ts';
import { withTraceOf } from '../observability/trace-context.ts';
import { LazyStream } from '../streams/lazy-stream.ts';
import { isStreamSource } from '../streams/outbound-stream.ts';
import { NO_METADATA } from '../wire/metadata.ts';
import type { BoundMethod } from './bound-method.ts';
import { channelClosed, encodeFailure } from './call-failures.ts';
import type { CallHost } from './call-host.ts';
import { callTarget } from './call-target.ts';
import type { CallOptions } from './client.ts';
import { StreamCall, type StreamOutcome, type StreamRequest } from './stream-call.ts';

/** What streaming calls need of their channel. */
export interface StreamCaller {
  readonly host: CallHost;
  /** Bytes that a server may send of one stream before they are read. */
  readonly streamWindowBytes: number;
}

/** A client's function for a method whose requests, responses or both are streams. */
export function streamMethod(
  caller: StreamCaller,
  method: BoundMethod,
  interceptor: Interceptor | undefined,
): (request: unknown, options?: CallOptions) => unknown {
  const { responseStream } = method.definition;
  const start = (request: unknown, options: CallOptions | undefined): unknown =>
    responseStream
      ? readResponses(caller, method, request, options)
      : awaitResponse(caller, method, request, options);
  if (interceptor === undefined) {
    return (request, options) =>
      responseStream
        ? new LazyStream(() => readResponses(caller, method, request, options))
        : start(request, options);
  }
  const intercepted = async (request: unknown, options?: CallOptions): Promise<unknown> => {
    const call: InterceptedCall = {
      side: 'client',
      service: method.service,
      method: method.name,
      request,
      metadata: options?.metadata ?? NO_METADATA,
      signal: options?.signal,
    };
    return interceptor(call, async (changed) =>
      start(changed.request, {
        ...options,
        metadata: changed.metadata,
        ...(changed.signal === undefined ? {} : { signal: changed.signal }),
      }),
    );
  };
  if (!responseStream) return intercepted;
  return (request, options) =>
    new LazyStream(async () => {
      const responses = await intercepted(request, options);
      if (isAsyncIterable(responses)) return responses[Symbol.asyncIterator]();
      throw new RpcError('INTERNAL', `${method.label}: an interceptor returned no stream`);
    });
}

async function awaitResponse(
  caller: StreamCaller,
  method: BoundMethod,
  request: unknown,
  options: CallOptions | undefined,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    begin(caller, method, request, options, { resolve, reject });
  });
}

function readResponses(
  caller: StreamCaller,
  method: BoundMethod,
  request: unknown,
  options: CallOptions | undefined,
): AsyncIterableIterator<unknown, undefined> {
  // The stream itself tells its reader how the call ended.
  const outcome = { resolve: () => {}, reject: () => {} };
  const { responses } = begin(caller, method, request, options, outcome);
  if (responses === undefined) throw new Error(`${method.label} has no response stream`);
  return responses;
}

/** Throws RpcError when the call cannot begin. */
function begin(
  { host, streamWindowBytes }: StreamCaller,
  method: BoundMethod,
  request: unknown,
  options: CallOptions = {},
  outcome: StreamOutcome,
): StreamCall {
  if (host.closed) throw channelClosed(method.label);
  const { parent } = options;
  const call = new StreamCall(
    host,
    method,
    streamRequest(method, request),
    parent === undefined ? options.metadata : withTraceOf(options.metadata, parent),
    callTarget(options),
    streamWindowBytes,
    outcome,
  );
  let deadlineMs = options.deadlineMs ?? Infinity;
  let signal = options.signal;
  if (parent !== undefined) {
    deadlineMs = Math.min(deadlineMs, parent.deadline - host.clock.now());
    signal = signal === undefined ? parent.signal : AbortSignal.any([signal, parent.signal]);
  }
  call.start(deadlineMs, signal);
  return call;
}

function streamRequest(method: BoundMethod, request: unknown): StreamRequest {
  const { requestStream, requestType } = method.definition;
  if (requestStream) {
    if (isStreamSource(request)) return { source: request };
    throw new RpcError('INVALID_ARGUMENT', `${method.label}: its requests cannot be iterated`, {
      reason: 'BAD_REQUEST',
    });
  }
  try {
    return { payload: encode(requestType, request) };
  } catch (error) {
    throw encodeFailure(method, error);
  }
}

function encode(type: MessageType<unknown>, request: unknown): Uint8Array {
  const fill = type.fromPartial?.bind(type) as ((request: unknown) => unknown) | undefined;
  return type.encode(fill === undefined ? request : fill(request)).finish();
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

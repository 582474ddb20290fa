import { kindOf, type MessageType } from '../definition.ts';
import { RpcError } from '../errors.ts';
import type { InterceptedCall, Interceptor } from '../interceptor.ts';
import { CallProgress, type MessageCounts } from '../observability/call-progress.ts';
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
import { tracedOutcome } from './traced-method.ts';

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
  const start = (
    request: unknown,
    options: CallOptions | undefined,
    progress: CallProgress | undefined,
    counts: MessageCounts,
  ): unknown =>
    responseStream
      ? readResponses(caller, method, request, options, progress, counts)
      : awaitResponse(caller, method, request, options, counts);
  if (interceptor === undefined) {
    return (request, options) =>
      responseStream
        ? new LazyStream(() =>
            readResponses(caller, method, request, options, undefined, noMessages()),
          )
        : start(request, options, undefined, noMessages());
  }
  const intercepted = async (request: unknown, options?: CallOptions): Promise<unknown> => {
    const counts = noMessages();
    const progress = new CallProgress(counts);
    const call: InterceptedCall = {
      side: 'client',
      service: method.service,
      method: method.name,
      request,
      metadata: options?.metadata ?? NO_METADATA,
      signal: options?.signal,
      kind: kindOf(method.definition),
      instance: options?.instance,
      progress,
    };
    let begun = false;
    try {
      const result = await interceptor(call, async (changed) => {
        const started = start(
          changed.request,
          {
            ...options,
            metadata: changed.metadata,
            ...(changed.signal === undefined ? {} : { signal: changed.signal }),
          },
          progress,
          counts,
        );
        begun = responseStream;
        return started;
      });
      // A stream of responses that has begun is over when its last message is there.
      if (!begun) progress.finish();
      return result;
    } catch (error) {
      progress.finish(error);
      throw error;
    }
  };
  if (!responseStream) return intercepted;
  return (request, options) =>
    new LazyStream(async () => {
      const responses = await intercepted(request, options);
      if (isAsyncIterable(responses)) return responses[Symbol.asyncIterator]();
      throw new RpcError('INTERNAL', `${method.label}: an interceptor returned no stream`);
    });
}

function noMessages(): MessageCounts {
  return { requests: 0, responses: 0 };
}

async function awaitResponse(
  caller: StreamCaller,
  method: BoundMethod,
  request: unknown,
  options: CallOptions | undefined,
  counts: MessageCounts,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    begin(caller, method, request, options, counts, { resolve, reject });
  });
}

function readResponses(
  caller: StreamCaller,
  method: BoundMethod,
  request: unknown,
  options: CallOptions | undefined,
  progress: CallProgress | undefined,
  counts: MessageCounts,
): AsyncIterableIterator<unknown, undefined> {
  // The stream itself tells its reader how the call ended.
  const outcome = {
    resolve: () => progress?.finish(),
    reject: (error: unknown) => progress?.finish(error),
  };
  const { responses } = begin(caller, method, request, options, counts, outcome);
  if (responses === undefined) throw new Error(`${method.label} has no response stream`);
  return responses;
}

/** Throws RpcError when the call cannot begin. */
function begin(
  { host, streamWindowBytes }: StreamCaller,
  method: BoundMethod,
  request: unknown,
  options: CallOptions = {},
  counts: MessageCounts,
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
    counts,
    tracedOutcome(method, request, options.metadata, outcome),
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

import { codeOf } from '../errors.ts';
import type { InterceptedCall, Interceptor } from '../interceptor.ts';
import { UNARY_FAILED, UNARY_OK } from '../observability/call-observer.ts';
import { CallProgress } from '../observability/call-progress.ts';
import { withTraceOf } from '../observability/trace-context.ts';
import { circuitOpen } from '../resilience/circuit-breaker.ts';
import { NO_METADATA } from '../wire/metadata.ts';
import type { BoundMethod } from './bound-method.ts';
import { channelClosed, encodeFailure } from './call-failures.ts';
import type { CallHost } from './call-host.ts';
import { callTarget } from './call-target.ts';
import type { CallOptions, HedgeOptions } from './client.ts';
import { ClientCall } from './client-call.ts';
import { HedgedCall, notIdempotent } from './hedged-call.ts';
import type { UnaryMethod } from './traced-method.ts';

/** What calls of one request and one response need of their channel. */
export interface UnaryCaller {
  readonly host: CallHost;
  /** For calls that name none. */
  readonly defaultDeadlineMs: number;
}

type Resolve = (response: unknown) => void;
type Reject = (error: unknown) => void;

/** A client's function for a method with one request and one response. */
export function unaryMethod(
  caller: UnaryCaller,
  method: BoundMethod,
  interceptor: Interceptor | undefined,
): UnaryMethod {
  const { requestType } = method.definition;
  const fill = requestType.fromPartial?.bind(requestType) as
    | ((request: unknown) => unknown)
    | undefined;
  const send = (request: unknown, options: CallOptions | undefined): Promise<unknown> => {
    const payload = requestType.encode(fill === undefined ? request : fill(request)).finish();
    return start(caller, method, payload, options);
  };
  if (interceptor === undefined) {
    return (request: unknown, options?: CallOptions): Promise<unknown> => {
      try {
        return send(request, options);
      } catch (error) {
        return Promise.reject(encodeFailure(method, error));
      }
    };
  }
  return async (request: unknown, options?: CallOptions): Promise<unknown> => {
    const progress = new CallProgress();
    const call: InterceptedCall = {
      side: 'client',
      service: method.service,
      method: method.name,
      request,
      metadata: options?.metadata ?? NO_METADATA,
      signal: options?.signal,
      kind: 'unary',
      instance: options?.instance,
      progress,
    };
    try {
      const response = await interceptor(call, async (changed) => {
        try {
          return await send(changed.request, {
            ...options,
            metadata: changed.metadata,
            ...(changed.signal === undefined ? {} : { signal: changed.signal }),
          });
        } catch (error) {
          throw encodeFailure(method, error);
        }
      });
      progress.finish(undefined, UNARY_OK);
      return response;
    } catch (error) {
      progress.finish(error, UNARY_FAILED);
      throw error;
    }
  };
}

function start(
  caller: UnaryCaller,
  method: BoundMethod,
  payload: Uint8Array,
  options: CallOptions | undefined,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const { host } = caller;
    if (host.closed) {
      reject(channelClosed(method.label));
      return;
    }
    if (options === undefined) {
      const call = new ClientCall(host, method, payload, undefined, undefined, resolve, reject);
      call.start(caller.defaultDeadlineMs, undefined);
      return;
    }
    const { parent, hedge } = options;
    let deadlineMs = options.deadlineMs ?? caller.defaultDeadlineMs;
    let { signal, metadata } = options;
    if (parent !== undefined) {
      deadlineMs = Math.min(deadlineMs, parent.deadline - host.clock.now());
      signal = signal === undefined ? parent.signal : AbortSignal.any([signal, parent.signal]);
      metadata = withTraceOf(metadata, parent);
    }
    if (hedge !== undefined) {
      const target = callTarget(options, []);
      const attempt = (ms: number, won: Resolve, lost: Reject): ClientCall => {
        const call = new ClientCall(host, method, payload, metadata, target, won, lost);
        call.start(ms, signal);
        return call;
      };
      startHedged(host, method, hedge, options.instance, deadlineMs, attempt, resolve, reject);
      return;
    }
    const call = new ClientCall(
      host,
      method,
      payload,
      metadata,
      callTarget(options),
      resolve,
      reject,
    );
    call.start(deadlineMs, signal);
  });
}

function startHedged(
  host: CallHost,
  method: BoundMethod,
  hedge: HedgeOptions,
  instance: string | undefined,
  deadlineMs: number,
  attempt: (deadlineMs: number, won: Resolve, lost: Reject) => ClientCall,
  resolve: Resolve,
  reject: Reject,
): void {
  if (!method.idempotent) {
    reject(notIdempotent(method.label));
    return;
  }
  const { observe, breaker } = method;
  // As for a call that is not hedged; its attempts count as one.
  const judging = instance === undefined ? breaker : undefined;
  if (judging?.allow() === false) {
    reject(circuitOpen(method.service, method.name));
    return;
  }
  const start = host.clock.monotonic();
  const end = start + deadlineMs;
  const ended = (error: unknown): void => {
    const ok = error === undefined;
    const messages = ok ? UNARY_OK : UNARY_FAILED;
    observe?.(ok ? 'OK' : codeOf(error), host.clock.monotonic() - start, messages);
    judging?.ended(error, messages.responses);
  };
  new HedgedCall(
    host,
    hedge,
    (won, lost) => attempt(end - host.clock.monotonic(), won, lost),
    (response) => {
      ended(undefined);
      resolve(response);
    },
    (error) => {
      ended(error);
      reject(error);
    },
  );
}

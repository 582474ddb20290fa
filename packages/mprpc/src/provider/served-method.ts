import type { MethodDefinition, ServiceDefinition } from '../definition.ts';
import type { InterceptedCall, Interceptor } from '../interceptor.ts';
import type { CallObserver, ObserveCall } from '../observability/call-observer.ts';
import { serverCalls } from '../observability/tracing-channels.ts';
import { type Authorize, authorized } from '../security/authorize.ts';
import type { Metadata } from '../wire/metadata.ts';
import type { HandlerContext } from './handler.ts';

/** Answers a decoded request: the handler, within its interceptors. */
export type Serve = (request: unknown, context: HandlerContext) => unknown;

/** A method a provider serves. */
export interface ServedMethod {
  /** For people: `/UserServiceRpc/Login`. */
  readonly label: string;
  readonly definition: MethodDefinition;
  /** True unless request and response are one message each. */
  readonly streams: boolean;
  readonly serve: Serve;
  /** Hears how its calls end. */
  readonly observe: ObserveCall | undefined;
}

/** Ties a method's handler and the provider's interceptors together. */
export function servedMethod(
  service: ServiceDefinition,
  definition: MethodDefinition,
  handler: Serve,
  interceptor: Interceptor | undefined,
  authorize?: Authorize,
  observer?: CallObserver,
): ServedMethod {
  const label = `/${service.name}/${definition.name}`;
  const streams = definition.requestStream || definition.responseStream;
  const finish = (serve: Serve): ServedMethod => {
    const { name } = definition;
    const guarded =
      authorize === undefined ? serve : authorized(service.name, name, serve, authorize);
    const observe = observer?.({ service: service.name, method: name });
    return { label, definition, streams, serve: traced(service, definition, guarded), observe };
  };
  if (interceptor === undefined) return finish(handler);
  const serve: Serve = (request, context) => {
    const offered = new ServerInterceptedCall(service.name, definition.name, request, context);
    return interceptor(offered, async (call) =>
      handler(call.request, call === offered ? context : changedContext(context, call)),
    );
  };
  return finish(serve);
}

/** The same, telling the subscribers of the tracing channel about each call while there are any. */
function traced({ name }: ServiceDefinition, definition: MethodDefinition, serve: Serve): Serve {
  return (request, context) => {
    if (!serverCalls.hasSubscribers) return serve(request, context);
    const { metadata } = context;
    const told = {
      side: 'server',
      service: name,
      method: definition.name,
      request,
      metadata,
    } as const;
    return serverCalls.tracePromise(async () => serve(request, context), told);
  };
}

/** What interceptors of a provider see. The signal is made only for the one that looks at it. */
class ServerInterceptedCall implements InterceptedCall {
  readonly side = 'server';
  readonly service: string;
  readonly method: string;
  readonly request: unknown;
  readonly metadata: Metadata;
  readonly #context: HandlerContext;

  constructor(service: string, method: string, request: unknown, context: HandlerContext) {
    this.service = service;
    this.method = method;
    this.request = request;
    this.metadata = context.metadata;
    this.#context = context;
  }

  get signal(): AbortSignal {
    return this.#context.signal;
  }
}

/** The context of a call that an interceptor passed on changed; a copy by spread has no signal of its own. */
function changedContext(context: HandlerContext, call: InterceptedCall): HandlerContext {
  const { signal } = call;
  return {
    get signal() {
      return signal ?? context.signal;
    },
    get deadline() {
      return context.deadline;
    },
    draining: context.draining,
    metadata: call.metadata,
    peer: context.peer,
    identity: context.identity,
    method: context.method,
  };
}

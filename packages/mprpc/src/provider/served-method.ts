import { kindOf, type MethodDefinition, type ServiceDefinition } from '../definition.ts';
import type { CallKind, InterceptedCall, Interceptor } from '../interceptor.ts';
import type { CallObserver, ObserveCall } from '../observability/call-observer.ts';
import type { CallProgress } from '../observability/call-progress.ts';
import { publishEnd, serverCalls, type TracedCall } from '../observability/tracing-channels.ts';
import type { Authorize } from '../security/authorize.ts';
import type { Metadata } from '../wire/metadata.ts';
import { admitted } from './admission.ts';
import { authorized } from './authorization.ts';
import type { HandlerContext } from './handler.ts';
import type { LoadShedder } from './load-shedding.ts';
import type { LimitedMethod } from './method-limits.ts';
import type { Handle, Serve, ServedContext } from './serve.ts';

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

/** What stands between a caller and a handler, from the outside in. */
export interface ServingRules {
  readonly authorize: Authorize | undefined;
  readonly shedder: LoadShedder | undefined;
  readonly limit: LimitedMethod | undefined;
  readonly interceptor: Interceptor | undefined;
}

/** Ties a method's handler and the provider's rules together. */
export function servedMethod(
  service: ServiceDefinition,
  definition: MethodDefinition,
  handler: Handle,
  { authorize, shedder, limit, interceptor }: ServingRules,
  observer: CallObserver | undefined,
): ServedMethod {
  const { name } = definition;
  const label = `/${service.name}/${name}`;
  let serve: Serve = handler;
  if (interceptor !== undefined) serve = intercepted(service, definition, handler, interceptor);
  serve = admitted(label, serve, shedder, limit);
  if (authorize !== undefined) serve = authorized(service.name, name, serve, authorize);
  return {
    label,
    definition,
    streams: definition.requestStream || definition.responseStream,
    serve: traced(service, definition, serve),
    observe: observer?.({ service: service.name, method: name, kind: kindOf(definition) }),
  };
}

function intercepted(
  service: ServiceDefinition,
  definition: MethodDefinition,
  handler: Handle,
  interceptor: Interceptor,
): Serve {
  return (request, context) => {
    const offered = new ServerInterceptedCall(service.name, definition, request, context);
    return interceptor(offered, async (call) =>
      handler(call.request, call === offered ? context : changedContext(context, call)),
    );
  };
}

/** The same, telling the subscribers of the tracing channel about each call while there are any. */
function traced({ name }: ServiceDefinition, definition: MethodDefinition, serve: Serve): Serve {
  return (request, context) => {
    if (!serverCalls.hasSubscribers) return serve(request, context);
    const { metadata } = context;
    const told: TracedCall = {
      side: 'server',
      service: name,
      method: definition.name,
      request,
      metadata,
    };
    if (!definition.responseStream) {
      return serverCalls.tracePromise(async () => serve(request, context), told);
    }
    context.progress.onEnd(({ error }) => {
      publishEnd(serverCalls, told, error === undefined ? {} : { error });
    });
    return serverCalls.start.runStores(told, () => serve(request, context));
  };
}

/** What interceptors of a provider see. The signal is made only for the one that looks at it. */
class ServerInterceptedCall implements InterceptedCall {
  readonly side = 'server';
  readonly service: string;
  readonly method: string;
  readonly request: unknown;
  readonly metadata: Metadata;
  readonly kind: CallKind;
  readonly progress: CallProgress;
  readonly #context: ServedContext;

  constructor(
    service: string,
    definition: MethodDefinition,
    request: unknown,
    context: ServedContext,
  ) {
    this.service = service;
    this.method = definition.name;
    this.kind = kindOf(definition);
    this.progress = context.progress;
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

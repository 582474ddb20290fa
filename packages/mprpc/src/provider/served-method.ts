import type { MethodDefinition, ServiceDefinition } from '../definition.ts';
import type { Interceptor } from '../interceptor.ts';
import type { HandlerContext } from './handler.ts';

/** Answers a decoded request: the handler, within its interceptors. */
export type Serve = (request: unknown, context: HandlerContext) => unknown;

/** A method a provider serves. */
export interface ServedMethod {
  /** For people: `/UserServiceRpc/Login`. */
  readonly label: string;
  readonly definition: MethodDefinition;
  readonly serve: Serve;
}

/** Ties a method's handler and the provider's interceptors together. */
export function servedMethod(
  service: ServiceDefinition,
  definition: MethodDefinition,
  handler: Serve,
  interceptor: Interceptor | undefined,
): ServedMethod {
  const label = `/${service.name}/${definition.name}`;
  if (interceptor === undefined) return { label, definition, serve: handler };
  const serve: Serve = (request, context) =>
    interceptor(
      {
        side: 'server',
        service: service.name,
        method: definition.name,
        request,
        metadata: context.metadata,
        signal: context.signal,
      },
      async (call) =>
        handler(
          call.request,
          call.metadata === context.metadata && call.signal === context.signal
            ? context
            : {
                signal: call.signal ?? context.signal,
                deadline: context.deadline,
                metadata: call.metadata,
                peer: context.peer,
                method: context.method,
              },
        ),
    );
  return { label, definition, serve };
}

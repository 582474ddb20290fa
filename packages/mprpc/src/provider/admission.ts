import type { ConcurrencyGate } from '../resilience/concurrency-gate.ts';
import { type LoadShedder, overloaded } from './load-shedding.ts';
import type { LimitedMethod } from './method-limits.ts';
import type { Serve, ServedContext } from './serve.ts';

/** `serve`, for the calls that the limits let in. Costs no closure and no promise for those that need not wait. */
export function admitted(
  label: string,
  serve: Serve,
  shedder: LoadShedder | undefined,
  limit: LimitedMethod | undefined,
): Serve {
  if (shedder === undefined && limit === undefined) return serve;
  return (request, context) => {
    if (shedder?.refuses()) throw overloaded(label);
    if (limit === undefined) return serve(request, context);
    limit.count();
    const { gate } = limit;
    if (gate === undefined) return serve(request, context);
    if (!gate.tryEnter()) return serveInTurn(limit, gate, serve, request, context);
    context.occupy(gate);
    return serve(request, context);
  };
}

async function serveInTurn(
  limit: LimitedMethod,
  gate: ConcurrencyGate,
  serve: Serve,
  request: unknown,
  context: ServedContext,
): Promise<unknown> {
  await limit.wait(gate, context.signal);
  context.occupy(gate);
  return serve(request, context);
}

import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import type { Interceptor } from '../interceptor.ts';

/** As much of `@opentelemetry/api` (version 1) as is used here; the package itself is the application's. */
export interface OpenTelemetryApi {
  readonly trace: {
    getTracer(name: string): {
      startSpan(name: string, options: object, context: unknown): OpenTelemetrySpan;
    };
    setSpan(context: unknown, span: never): unknown;
  };
  readonly context: {
    active(): unknown;
    with<T>(context: never, run: () => T): T;
  };
  readonly propagation: {
    inject(context: never, carrier: Record<string, string>): void;
    extract(context: never, carrier: unknown): unknown;
  };
}

/** See {@link OpenTelemetryApi}. */
export interface OpenTelemetrySpan {
  setAttribute(name: string, value: string | number): unknown;
  setStatus(status: { code: number; message?: string }): unknown;
  recordException(error: Error): void;
  end(): void;
}

const KIND = { server: 1, client: 2 } as const;
const STATUS_ERROR = 2;
/** Where the API keeps what an SDK has registered ("@opentelemetry/api", src/internal/global-utils.ts). */
const REGISTERED = Symbol.for('opentelemetry.js.api.1');

/**
 * An interceptor, for both sides, that makes a span of every call, from its beginning to its end, and carries the trace in the metadata
 * (`traceparent`). Attributes: OpenTelemetry's semantic conventions for RPC.
 */
export function openTelemetry(api: OpenTelemetryApi): Interceptor {
  const { trace, context, propagation } = api;
  const tracer = trace.getTracer('@mpim/mprpc');
  return (call, next) => {
    const outer =
      call.side === 'server'
        ? propagation.extract(context.active() as never, call.metadata)
        : context.active();
    const attributes = {
      'rpc.system': 'mprpc',
      'rpc.service': call.service,
      'rpc.method': call.method,
    };
    const name = `${call.service}/${call.method}`;
    const span = tracer.startSpan(name, { kind: KIND[call.side], attributes }, outer);
    const inner = trace.setSpan(outer, span as never) as never;
    let passed = call;
    if (call.side === 'client') {
      const metadata: Record<string, string> = { ...call.metadata };
      propagation.inject(inner, metadata);
      passed = { ...call, metadata };
    }
    call.progress.onEnd(({ code, error, requests, responses }) => {
      span.setAttribute('rpc.response.status_code', code);
      if (call.kind !== 'unary') {
        span.setAttribute('mprpc.requests', requests);
        span.setAttribute('mprpc.responses', responses);
      }
      if (error !== undefined) {
        const message = error instanceof Error ? { message: error.message } : {};
        if (error instanceof Error) span.recordException(error);
        span.setStatus({ code: STATUS_ERROR, ...message });
      }
      span.end();
    });
    return context.with(inner, () => next(passed));
  };
}

/**
 * {@link openTelemetry} with the application's own `@opentelemetry/api`; `undefined`, at no cost, when no SDK has
 * registered itself before (`node --import ./telemetry.ts`) or the package cannot be found from the main script.
 */
export async function openTelemetryIfPresent(): Promise<Interceptor | undefined> {
  const registered = (globalThis as Record<symbol, { trace?: unknown } | undefined>)[REGISTERED];
  if (registered?.trace === undefined) return undefined;
  try {
    const from = createRequire(process.argv[1] ?? import.meta.url);
    const path = from.resolve('@opentelemetry/api');
    const module = (await import(pathToFileURL(path).href)) as {
      default?: OpenTelemetryApi;
    } & OpenTelemetryApi;
    return openTelemetry(module.trace === undefined && module.default ? module.default : module);
  } catch {
    return undefined;
  }
}

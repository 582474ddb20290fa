import type { Metadata } from '../wire/metadata.ts';

/** The metadata keys of a trace (W3C Trace Context, Baggage): what a call hands on to those made on its behalf. */
const TRACE_KEYS = ['traceparent', 'tracestate', 'baggage'] as const;

/**
 * The metadata of a call made on behalf of another: its own, and the trace of the other unless it names one.
 * The same object when there is nothing to add.
 */
export function withTraceOf(
  metadata: Metadata | undefined,
  parent: { readonly metadata?: Metadata | undefined },
): Metadata | undefined {
  const inherited = parent.metadata;
  if (inherited?.traceparent === undefined || metadata?.traceparent !== undefined) return metadata;
  const joined: Record<string, string> = { ...metadata };
  for (const key of TRACE_KEYS) {
    const value = inherited[key];
    if (value !== undefined) joined[key] ??= value;
  }
  return joined;
}

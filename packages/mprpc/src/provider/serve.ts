import type { CallProgress } from '../observability/call-progress.ts';
import type { ConcurrencyGate } from '../resilience/concurrency-gate.ts';
import type { HandlerContext } from './handler.ts';

/** The context of a call as its own provider sees it. */
export interface ServedContext extends HandlerContext {
  /** Made when somebody asks for it. */
  readonly progress: CallProgress;
  /** It has taken a place, which is free again when its handler, or its stream, has ended. */
  occupy(gate: ConcurrencyGate): void;
}

/** A handler, whatever its types. */
export type Handle = (request: unknown, context: HandlerContext) => unknown;

/** Answers a decoded request: the handler, within its interceptors. */
export type Serve = (request: unknown, context: ServedContext) => unknown;

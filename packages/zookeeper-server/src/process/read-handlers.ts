import type { ReadHandler } from './read-context.ts';
import { NODE_READS } from './read-nodes.ts';
import { SET_READS } from './read-sets.ts';
import { WATCH_REQUESTS } from './read-watches.ts';

const HANDLERS: ReadonlyMap<number, ReadHandler> = new Map([
  ...NODE_READS,
  ...SET_READS,
  ...WATCH_REQUESTS,
]);

export type { ReadHandler } from './read-context.ts';

/** How to answer a request kind, or undefined if it does not just read. */
export function readHandlerFor(op: number): ReadHandler | undefined {
  return HANDLERS.get(op);
}

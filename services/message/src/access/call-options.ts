import type { CallOptions } from '@mpim/mprpc';
import type { Caller } from './directories.ts';

/** A question takes `deadlineMs` at most, and no longer than the call it is asked for. */
export function callOptions(deadlineMs: number, caller: Caller | undefined): CallOptions {
  return caller === undefined ? { deadlineMs } : { deadlineMs, parent: caller };
}

import { type CallOptions, RpcError } from '@mpim/mprpc';
import type { Caller } from './directories.ts';

/** Answers that are the other service's to give; all other failures are its trouble. */
const VERDICTS: ReadonlySet<string> = new Set(['PERMISSION_DENIED', 'NOT_FOUND', 'UNAVAILABLE']);

/**
 * Asks another service on behalf of a call: for `deadlineMs` at most, and no longer than that call lasts. Trouble of the
 * other service is UNAVAILABLE to our caller, who did nothing wrong and may try again.
 */
export async function ask<Answer>(
  service: string,
  deadlineMs: number,
  caller: Caller | undefined,
  question: (options: CallOptions) => Promise<Answer>,
): Promise<Answer> {
  try {
    return await question(caller === undefined ? { deadlineMs } : { deadlineMs, parent: caller });
  } catch (error) {
    if (error instanceof RpcError && VERDICTS.has(error.code)) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new RpcError('UNAVAILABLE', `the ${service} service gave no answer: ${reason}`, {
      reason: 'PEER',
      cause: error,
    });
  }
}

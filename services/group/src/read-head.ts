import { type RpcClient, RpcError } from '@mpim/mprpc';
import type { MessageServiceRpcDefinition } from '@mpim/protocol';

/** The call that a question is asked for: the question ends with it. */
export interface Caller {
  readonly deadline: number;
  readonly signal: AbortSignal;
}

/** The last seq of a conversation, 0 when it has no message; the message service knows. */
export type ReadHead = (conversationId: string, caller?: Caller) => Promise<number>;

/** Asks the message service. Whatever keeps it from answering is UNAVAILABLE to our caller, who may try again. */
export function createReadHead(
  messages: RpcClient<MessageServiceRpcDefinition>,
  deadlineMs: number,
): ReadHead {
  return async (conversationId, caller) => {
    const options = caller === undefined ? { deadlineMs } : { deadlineMs, parent: caller };
    try {
      return (await messages.getHead({ conversationId }, options)).lastSeq;
    } catch (error) {
      if (error instanceof RpcError && error.code === 'UNAVAILABLE') throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw new RpcError('UNAVAILABLE', `the message service gave no answer: ${reason}`, {
        reason: 'PEER',
        cause: error,
      });
    }
  };
}

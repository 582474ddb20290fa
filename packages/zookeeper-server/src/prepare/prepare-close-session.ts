import type { NodeIndex } from '../tree/node-index.ts';
import type { CloseSessionTxn } from '../txn/txn.ts';

/** Decides the end of a session: all its ephemeral nodes go under one zxid. */
export function prepareCloseSession(index: NodeIndex, sessionId: bigint): CloseSessionTxn {
  return { kind: 'closeSession', paths: [...index.ephemeralsOf(sessionId)] };
}

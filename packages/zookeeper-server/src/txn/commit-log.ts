import type { Txn, TxnHeader } from './txn.ts';

/**
 * Where transactions become durable. They are appended in order as they are applied; what could show
 * them to a client, replies to reads included, is held back until {@link CommitLog.commit} says so.
 */
export interface CommitLog {
  /** Whether nothing can be appended for now: the disk is full. */
  readonly isFull: boolean;
  /** Takes the next transaction, which has just been applied. */
  append(header: TxnHeader, txn: Txn): void;
  /** Calls `done` once everything appended so far is safe; calls come back in order. */
  commit(done: () => void): void;
}

/** Keeps nothing: the tree lives as long as the process. */
export const volatileLog: CommitLog = {
  isFull: false,
  append() {},
  commit: (done) => done(),
};

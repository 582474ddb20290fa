import { parentPath } from '@mpim/zookeeper/protocol';
import type { DataTree } from '../tree/data-tree.ts';
import type { CreateTxn, DeleteTxn, MultiPartTxn, TxnHeader } from '../txn/txn.ts';
import {
  type LoggedChange,
  type LoggedCloseSession,
  type LoggedTxn,
  UNKNOWN_CVERSION,
} from './txn-codec.ts';

/**
 * Applies a logged transaction to a tree that may hold it already, and some of what came after it: a
 * snapshot is written while the tree changes. Every such transaction is in the log, so whatever does
 * not fit here is either set right by a later one or has been undone by it. Once all are replayed, the
 * tree is the one that was.
 */
export function replayTxn(tree: DataTree, { header, txn }: LoggedTxn): void {
  switch (txn.kind) {
    case 'multi':
      for (const part of txn.txns) replayPart(tree, header, part);
      break;
    case 'closeSession':
      for (const path of pathsOf(tree, header, txn)) {
        replayDelete(tree, header, { kind: 'delete', path });
      }
      break;
    case 'setAcl':
      if (tree.get(txn.path) !== undefined) {
        tree.apply(header, txn);
        return;
      }
      break;
    case 'createSession':
      break;
    default:
      replayPart(tree, header, txn);
      break;
  }
  // Whatever it came to, the order has moved on.
  tree.apply(header, { kind: 'error', code: 0 });
}

/** Keeps track of which sessions are alive while transactions are replayed. */
export function replaySession(
  sessions: Map<bigint, number>,
  header: TxnHeader,
  txn: LoggedChange,
): void {
  if (txn.kind === 'createSession') sessions.set(header.sessionId, txn.timeoutMs);
  else if (txn.kind === 'closeSession') sessions.delete(header.sessionId);
}

function replayPart(tree: DataTree, header: TxnHeader, txn: MultiPartTxn): void {
  switch (txn.kind) {
    case 'create':
      replayCreate(tree, header, txn);
      break;
    case 'delete':
      replayDelete(tree, header, txn);
      break;
    case 'setData':
      if (tree.get(txn.path) !== undefined) tree.apply(header, { ...txn, data: copy(txn.data) });
      break;
    default:
      break;
  }
}

function replayCreate(tree: DataTree, header: TxnHeader, txn: CreateTxn): void {
  const parentName = parentPath(txn.path);
  const parent = tree.get(parentName);
  if (parent === undefined) return;
  // What stands there is from later on, and so is all below it.
  tree.recovery.prune(txn.path);
  const counted =
    txn.parentCversion === UNKNOWN_CVERSION ? parent.cversion + 1 : txn.parentCversion;
  const [cversion, pzxid] = [Math.max(counted, parent.cversion), max(header.zxid, parent.pzxid)];
  tree.apply(header, { ...txn, data: copy(txn.data), parentCversion: cversion });
  tree.recovery.raisePzxid(parentName, pzxid);
}

function replayDelete(tree: DataTree, header: TxnHeader, txn: DeleteTxn): void {
  const parentName = parentPath(txn.path);
  const parent = tree.get(parentName);
  if (parent === undefined) return;
  const pzxid = max(header.zxid, parent.pzxid);
  // It had no children then: those that are there are from later on.
  tree.recovery.prune(txn.path);
  tree.recovery.raisePzxid(parentName, pzxid);
}

function pathsOf(tree: DataTree, header: TxnHeader, txn: LoggedCloseSession): Set<string> {
  return new Set([...(txn.paths ?? []), ...tree.index.ephemeralsOf(header.sessionId)]);
}

/** What is read from a log is a view that the next entry overwrites. */
function copy(data: Buffer | null): Buffer | null {
  return data === null ? null : Buffer.from(data);
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

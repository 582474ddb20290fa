import {
  ErrorCode,
  type MultiRequest,
  type MultiRequestItem,
  OpCode,
  ProtocolError,
} from '@mpim/zookeeper/protocol';
import { RequestError, refuse } from '../request-error.ts';
import type { MultiPartTxn, MultiTxn } from '../txn/txn.ts';
import { PendingView } from './pending-view.ts';
import { prepareCheck } from './prepare-check.ts';
import type { PrepareContext } from './prepare-context.ts';
import { prepareCreate } from './prepare-create.ts';
import { prepareDelete } from './prepare-delete.ts';
import { prepareSetData } from './prepare-set-data.ts';

/** One entry of the scheme `auth` becomes up to 250: a request of a megabyte could come to millions. */
const MAX_ACL_ENTRIES = 100_000;

/**
 * Decides a multi: all of it, or nothing. On failure every part becomes an error: 0 before the culprit,
 * its own code for the culprit, RUNTIMEINCONSISTENCY behind it (ZooKeeper: `DataTree.processTxn`). The part with which
 * the ACLs of all come to more than 100,000 entries is refused with INVALIDACL.
 */
export function prepareMulti(context: PrepareContext, request: MultiRequest): MultiTxn {
  const tree = new PendingView(context.tree);
  const pending: PrepareContext = { ...context, tree };
  const txns: MultiPartTxn[] = [];
  let aclEntries = 0;
  for (const operation of request.operations) {
    try {
      const txn = preparePart(pending, operation);
      aclEntries += txn.kind === 'create' ? txn.acl.length : 0;
      if (aclEntries > MAX_ACL_ENTRIES) refuse(ErrorCode.INVALIDACL);
      tree.add(txn);
      txns.push(txn);
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      return failure(request.operations.length, txns.length, error.code);
    }
  }
  return { kind: 'multi', txns };
}

function preparePart(context: PrepareContext, { type, request }: MultiRequestItem): MultiPartTxn {
  switch (type) {
    case OpCode.create:
    case OpCode.create2:
    case OpCode.createContainer:
    case OpCode.createTTL:
      return prepareCreate(context, type, request);
    case OpCode.delete:
      return prepareDelete(context, request);
    case OpCode.setData:
      return prepareSetData(context, request);
    case OpCode.check:
      return prepareCheck(context, request);
    default:
      throw new ProtocolError('UNKNOWN_OPERATION', `a multi that writes cannot read (${type})`);
  }
}

function failure(count: number, culprit: number, code: number): MultiTxn {
  const codeAt = (i: number): number => {
    if (i === culprit) return code;
    return i < culprit ? ErrorCode.OK : ErrorCode.RUNTIMEINCONSISTENCY;
  };
  const txns = Array.from({ length: count }, (_, i) => ({
    kind: 'error' as const,
    code: codeAt(i),
  }));
  return { kind: 'multi', txns };
}

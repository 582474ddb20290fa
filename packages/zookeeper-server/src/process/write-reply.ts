import {
  type JuteWriter,
  type MultiResponseItem,
  OpCode,
  type Stat,
  writeCreate2Response,
  writeCreateResponse,
  writeMultiResponse,
  writeStatResponse,
} from '@mpim/zookeeper/protocol';
import type { TxnResult } from '../tree/data-tree.ts';

/** Writes the body that answers a write which was applied; deletes have none. */
export function writeTxnReply(output: JuteWriter, result: TxnResult): void {
  const { txn } = result;
  switch (txn.kind) {
    case 'create':
      if (txn.op === OpCode.create) writeCreateResponse(output, { path: txn.path });
      else writeCreate2Response(output, { path: txn.path, stat: statOf(result) });
      break;
    case 'setData':
    case 'setAcl':
      writeStatResponse(output, { stat: statOf(result) });
      break;
    case 'multi':
      writeMultiResponse(output, { results: result.parts.map(multiItem) });
      break;
    default:
      break;
  }
}

function multiItem(result: TxnResult): MultiResponseItem {
  const { txn } = result;
  switch (txn.kind) {
    case 'create':
      return txn.op === OpCode.create
        ? { type: OpCode.create, response: { path: txn.path } }
        : { type: OpCode.create2, response: { path: txn.path, stat: statOf(result) } };
    case 'setData':
      return { type: OpCode.setData, response: { stat: statOf(result) } };
    case 'delete':
      return { type: OpCode.delete };
    case 'check':
      return { type: OpCode.check };
    case 'error':
      return { type: OpCode.error, response: { error: txn.code } };
    default:
      throw new Error(`a multi cannot hold a transaction of kind ${txn.kind}`);
  }
}

function statOf(result: TxnResult): Stat {
  if (result.stat === null)
    throw new Error(`no stat after a transaction of kind ${result.txn.kind}`);
  return result.stat;
}

import {
  ErrorCode,
  type JuteReader,
  OpCode,
  readCreateRequest,
  readCreateTtlRequest,
  readDeleteRequest,
  readMultiRequest,
  readSetAclRequest,
  readSetDataRequest,
} from '@mpim/zookeeper/protocol';
import { refuse } from '../request-error.ts';
import type { Txn } from '../txn/txn.ts';
import type { PrepareContext } from './prepare-context.ts';
import { prepareCreate } from './prepare-create.ts';
import { prepareDelete } from './prepare-delete.ts';
import { prepareMulti } from './prepare-multi.ts';
import { prepareSetAcl } from './prepare-set-acl.ts';
import { prepareSetData } from './prepare-set-data.ts';

/**
 * Turns the body of a write into a transaction. Throws `RequestError` for what is refused and
 * `ProtocolError` for what cannot be read.
 */
export type PrepareWrite = (context: PrepareContext, input: JuteReader) => Txn;

const PREPARE: ReadonlyMap<number, PrepareWrite> = new Map<number, PrepareWrite>([
  [
    OpCode.create,
    (context, input) => prepareCreate(context, OpCode.create, readCreateRequest(input)),
  ],
  [
    OpCode.create2,
    (context, input) => prepareCreate(context, OpCode.create2, readCreateRequest(input)),
  ],
  [
    OpCode.createContainer,
    (context, input) => prepareCreate(context, OpCode.createContainer, readCreateRequest(input)),
  ],
  [
    OpCode.createTTL,
    (context, input) => prepareCreate(context, OpCode.createTTL, readCreateTtlRequest(input)),
  ],
  [OpCode.delete, (context, input) => prepareDelete(context, readDeleteRequest(input))],
  [OpCode.setData, (context, input) => prepareSetData(context, readSetDataRequest(input))],
  [OpCode.setACL, (context, input) => prepareSetAcl(context, readSetAclRequest(input))],
  [
    OpCode.reconfig,
    ({ reconfigEnabled }) =>
      refuse(reconfigEnabled === true ? ErrorCode.UNIMPLEMENTED : ErrorCode.RECONFIGDISABLED),
  ],
  [OpCode.multi, (context, input) => prepareMulti(context, readMultiRequest(input))],
]);

/** Whether requests of a kind change something, as far as their latency is concerned. */
export function isUpdate(op: number): boolean {
  return op === OpCode.closeSession || PREPARE.has(op);
}

/** How to prepare a request kind, or undefined if it does not write. */
export function prepareWriteFor(op: number): PrepareWrite | undefined {
  return PREPARE.get(op);
}

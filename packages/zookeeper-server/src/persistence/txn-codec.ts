import {
  type JuteReader,
  type JuteWriter,
  OpCode,
  JuteReader as Reader,
  readAcl,
  writeAcl,
} from '@mpim/zookeeper/protocol';
import { sharedAcl } from '../acl/shared-acl.ts';
import { CONTAINER_OWNER, NO_OWNER, ownerKind, ttlOf, ttlOwner } from '../tree/owner.ts';
import type { CreateOpCode, CreateTxn, MultiPartTxn, Txn, TxnHeader } from '../txn/txn.ts';

/** A transaction as a log holds it. */
export interface LoggedTxn {
  readonly header: TxnHeader;
  readonly txn: LoggedChange;
}

/**
 * What a log can hold: besides ours, ends of sessions that do not list their nodes and creates that
 * do not say the parent's counter (-1), both by older servers.
 */
export type LoggedChange = Exclude<Txn, { kind: 'closeSession' }> | LoggedCloseSession;

/** The end of a session; `paths` is null if only the tree can tell which nodes were its own. */
export interface LoggedCloseSession {
  readonly kind: 'closeSession';
  readonly paths: readonly string[] | null;
}

/** A transaction of a kind that no standalone server writes. */
export class UnknownTxnError extends Error {
  override readonly name = 'UnknownTxnError';

  constructor(type: number) {
    super(`transaction of unknown type ${type}`);
  }
}

/** Counter of a parent that an older server did not write down. */
export const UNKNOWN_CVERSION = -1;

/**
 * How long the list may be that the end of a session has of its nodes. Apache ZooKeeper reads entries of up to twice its
 * `jute.maxbuffer`, and does not start on a log with a longer one, its own included.
 */
const MAX_LIST_BYTES = 1 << 20;

/**
 * Writes header and body as ZooKeeper logs them (`TxnHeader` and the records of zookeeper.jute's `txn`); false if no digest
 * must stand behind it. That is so where a list of nodes is too long: the end of the session stands alone then, as
 * servers before 3.6 wrote it, and who replays it knows the nodes.
 */
export function writeTxn(output: JuteWriter, header: TxnHeader, txn: Txn): boolean {
  output.long(header.sessionId);
  output.int(header.cxid);
  output.long(header.zxid);
  output.longNumber(header.time);
  output.int(typeOf(txn));
  const mark = output.length;
  writeBody(output, txn);
  if (txn.kind !== 'closeSession' || output.length - mark <= MAX_LIST_BYTES) return true;
  output.rewind(mark);
  return false;
}

/** Reads what {@link writeTxn} or an Apache server has written; buffers are views into the input. */
export function readTxn(input: JuteReader): LoggedTxn {
  const sessionId = input.long();
  const cxid = input.int();
  const zxid = input.long();
  const time = input.longNumber();
  const type = input.int();
  return { header: { sessionId, cxid, zxid, time }, txn: readBody(input, type, sessionId) };
}

function typeOf(txn: Txn): number {
  switch (txn.kind) {
    case 'create':
      return createTypeOf(txn);
    case 'delete':
      return OpCode.delete;
    case 'setData':
      return OpCode.setData;
    case 'setAcl':
      return OpCode.setACL;
    case 'check':
      return OpCode.check;
    case 'error':
      return OpCode.error;
    case 'multi':
      return OpCode.multi;
    case 'createSession':
      return OpCode.createSession;
    case 'closeSession':
      return OpCode.closeSession;
  }
}

/** The type goes by what is created, not by which request asked: it alone tells a reader the owner. */
function createTypeOf({ op, ephemeralOwner }: CreateTxn): number {
  const kind = ownerKind(ephemeralOwner);
  if (kind === 'container') return OpCode.createContainer;
  if (kind === 'ttl') return OpCode.createTTL;
  return op === OpCode.create ? OpCode.create : OpCode.create2;
}

function writeBody(output: JuteWriter, txn: Txn): void {
  switch (txn.kind) {
    case 'create':
      writeCreate(output, txn);
      break;
    case 'delete':
      output.string(txn.path);
      break;
    case 'setData':
      output.string(txn.path);
      output.buffer(txn.data);
      output.int(txn.version);
      break;
    case 'setAcl':
      output.string(txn.path);
      output.vector(txn.acl, writeAcl);
      output.int(txn.version);
      break;
    case 'check':
      output.string(txn.path);
      output.int(txn.version);
      break;
    case 'error':
      output.int(txn.code);
      break;
    case 'multi':
      output.vector(txn.txns, writePart);
      break;
    case 'createSession':
      output.int(txn.timeoutMs);
      break;
    case 'closeSession':
      output.strings(txn.paths);
      break;
  }
}

function writeCreate(output: JuteWriter, txn: CreateTxn): void {
  output.string(txn.path);
  output.buffer(txn.data);
  output.vector(txn.acl, writeAcl);
  const kind = ownerKind(txn.ephemeralOwner);
  // The owner of an ephemeral node is the session of the header.
  if (kind === 'session' || kind === 'none') output.bool(kind === 'session');
  output.int(txn.parentCversion);
  if (kind === 'ttl') output.longNumber(ttlOf(txn.ephemeralOwner));
}

function writePart(output: JuteWriter, txn: MultiPartTxn): void {
  const type = typeOf(txn);
  // Servers before 3.8.2 give up on a multi, halfway, at a create2; the record is the same (ZOOKEEPER-4026).
  output.int(type === OpCode.create2 ? OpCode.create : type);
  const mark = output.beginFrame();
  writeBody(output, txn);
  output.endFrame(mark);
}

function readBody(input: JuteReader, type: number, sessionId: bigint): LoggedChange {
  switch (type) {
    case OpCode.setACL: {
      const path = input.text();
      return { kind: 'setAcl', path, acl: sharedAcl(input.vector(readAcl)), version: input.int() };
    }
    case OpCode.createSession:
      return { kind: 'createSession', timeoutMs: input.int() };
    case OpCode.closeSession:
      return { kind: 'closeSession', paths: input.remaining >= 4 ? input.texts() : null };
    case OpCode.multi:
      return { kind: 'multi', txns: input.vector((item) => readMultiItem(item, sessionId)) };
    default:
      return readPart(input, type, sessionId);
  }
}

function readMultiItem(input: JuteReader, sessionId: bigint): MultiPartTxn {
  const type = input.int();
  return readPart(new Reader(input.buffer() ?? Buffer.alloc(0)), type, sessionId);
}

function readPart(input: JuteReader, type: number, sessionId: bigint): MultiPartTxn {
  switch (type) {
    case OpCode.create:
    case OpCode.create2:
    case OpCode.createContainer:
    case OpCode.createTTL:
      return readCreate(input, type, sessionId);
    case OpCode.delete:
    case OpCode.deleteContainer:
      return { kind: 'delete', path: input.text() };
    case OpCode.setData:
    case OpCode.reconfig: {
      const path = input.text();
      return { kind: 'setData', path, data: input.buffer(), version: input.int() };
    }
    case OpCode.check:
      return { kind: 'check', path: input.text(), version: input.int() };
    case OpCode.error:
      return { kind: 'error', code: input.int() };
    default:
      throw new UnknownTxnError(type);
  }
}

function readCreate(input: JuteReader, op: CreateOpCode, sessionId: bigint): CreateTxn {
  const path = input.text();
  const data = input.buffer();
  const acl = sharedAcl(input.vector(readAcl));
  const plain = op === OpCode.create || op === OpCode.create2;
  const isEphemeral = plain && input.bool();
  const parentCversion = input.remaining >= 4 ? input.int() : UNKNOWN_CVERSION;
  const ephemeralOwner = ownerFor(op, isEphemeral ? sessionId : NO_OWNER, input);
  return { kind: 'create', op, path, data, acl, ephemeralOwner, parentCversion };
}

function ownerFor(op: CreateOpCode, session: bigint, input: JuteReader): bigint {
  if (op === OpCode.createContainer) return CONTAINER_OWNER;
  return op === OpCode.createTTL ? ttlOwner(input.longNumber()) : session;
}

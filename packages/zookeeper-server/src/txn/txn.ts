import type { Acl, OpCode } from '@mpim/zookeeper/protocol';

/** Who caused a transaction, when, and its place in the order (ZooKeeper: `TxnHeader`). */
export interface TxnHeader {
  /** Session that asked for it, or that it is about. */
  readonly sessionId: bigint;
  /** The request's xid; 0 for what the server does by itself. */
  readonly cxid: number;
  readonly zxid: bigint;
  /** Wall-clock time in ms. */
  readonly time: number;
}

/** The request kinds that create a node; the answer's shape depends on it. */
export type CreateOpCode =
  | typeof OpCode.create
  | typeof OpCode.create2
  | typeof OpCode.createContainer
  | typeof OpCode.createTTL;

/** A node is added. */
export interface CreateTxn {
  readonly kind: 'create';
  readonly op: CreateOpCode;
  /** Final path, the sequence number included. */
  readonly path: string;
  readonly data: Buffer | null;
  /** ACL with `auth` expanded. */
  readonly acl: readonly Acl[];
  /** 0, a session id, or a marker of `tree/owner.ts`. */
  readonly ephemeralOwner: bigint;
  /** How many children the parent has ever had, this one included. */
  readonly parentCversion: number;
}

/** A node without children is removed. */
export interface DeleteTxn {
  readonly kind: 'delete';
  readonly path: string;
}

/** A node's data is replaced; `version` is the new one. */
export interface SetDataTxn {
  readonly kind: 'setData';
  readonly path: string;
  readonly data: Buffer | null;
  readonly version: number;
}

/** A node's ACL is replaced; `version` is the new aversion. */
export interface SetAclTxn {
  readonly kind: 'setAcl';
  readonly path: string;
  readonly acl: readonly Acl[];
  readonly version: number;
}

/** A version was found as expected; changes nothing. */
export interface CheckTxn {
  readonly kind: 'check';
  readonly path: string;
  readonly version: number;
}

/** A session begins. */
export interface CreateSessionTxn {
  readonly kind: 'createSession';
  readonly timeoutMs: number;
}

/** A session ends, and its ephemeral nodes with it. */
export interface CloseSessionTxn {
  readonly kind: 'closeSession';
  /** Of all nodes that are its own. */
  readonly paths: readonly string[];
}

/** A refused write: it takes its place in the order and changes nothing. */
export interface ErrorTxn {
  readonly kind: 'error';
  readonly code: number;
}

/** Several changes under one zxid; if any is an error, all are. */
export interface MultiTxn {
  readonly kind: 'multi';
  readonly txns: readonly MultiPartTxn[];
}

/** What a {@link MultiTxn} can consist of. */
export type MultiPartTxn = CreateTxn | DeleteTxn | SetDataTxn | CheckTxn | ErrorTxn;

/** One entry of the order of changes: pure data, decided before it is applied. */
export type Txn = MultiPartTxn | SetAclTxn | CreateSessionTxn | CloseSessionTxn | MultiTxn;

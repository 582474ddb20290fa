import { baseName, OPEN_ACL, parentPath, READ_ONLY_ACL, type Stat } from '@mpim/zookeeper/protocol';
import type { Quotas } from '../quota/quotas.ts';
import type {
  CreateTxn,
  MultiPartTxn,
  MultiTxn,
  SetAclTxn,
  SetDataTxn,
  Txn,
  TxnHeader,
} from '../txn/txn.ts';
import { DataNode } from './data-node.ts';
import { type DigestEntry, DigestLog } from './digest-log.ts';
import type { NodeIndex } from './node-index.ts';
import { type BeforeChange, lengthOf, NodeStore } from './node-store.ts';
import { NO_OWNER } from './owner.ts';
import { CONFIG_PATH, QUOTA_PATH, ZOOKEEPER_PATH } from './special-paths.ts';
import { usageBelow } from './subtree.ts';
import type { TreeDigest } from './tree-digest.ts';
import type { TreeEvents } from './tree-events.ts';
import { TreeRecovery } from './tree-recovery.ts';

/** What applying a transaction gave; `txn` says what was done. */
export interface TxnResult {
  readonly txn: Txn;
  /** The node's stat afterwards, for what creates or changes one. */
  readonly stat: Stat | null;
  /** One result per part of a multi. */
  readonly parts: readonly TxnResult[];
}

const NO_PARTS: readonly TxnResult[] = [];

/**
 * The tree that clients see. Changes only by {@link apply}, whose outcome depends on nothing but the
 * transactions before it; whether a change is allowed was decided when the transaction was prepared.
 */
export class DataTree {
  /** For what comes from a data directory, before anybody sees the tree. */
  readonly recovery: TreeRecovery;
  readonly #store: NodeStore;
  readonly #events: TreeEvents;
  readonly #digestLog = new DigestLog();
  #lastZxid: bigint;
  #isFrozen = false;
  #freezes = 0;

  /**
   * A fresh tree as every ZooKeeper has it; `lastZxid` is where its history begins. `digest` says
   * whether {@link digest} is kept, which costs about a microsecond per change.
   */
  constructor(events: TreeEvents, lastZxid: bigint, options = { digest: false }) {
    this.#events = events;
    this.#lastZxid = lastZxid;
    this.#store = new NodeStore(options);
    this.recovery = new TreeRecovery(this.#store);
    for (const path of ['/', ZOOKEEPER_PATH, QUOTA_PATH, CONFIG_PATH]) this.#addSystemNode(path);
    const config = this.#store.require(CONFIG_PATH);
    this.#store.replaceAcl(config, READ_ONLY_ACL);
    config.aversion = -1;
  }

  /** Checksum of the whole tree, if it is kept. */
  get digest(): TreeDigest | null {
    return this.#store.digest;
  }

  /** The digest after every 128th transaction since the start, if it is kept; the oldest of many are forgotten. */
  get digestLog(): readonly DigestEntry[] {
    return this.#digestLog.entries;
  }

  /** Zxid of the last transaction applied. */
  get lastZxid(): bigint {
    return this.#lastZxid;
  }

  /** Number of nodes; the root counts twice, as in ZooKeeper, which files it under "" too. */
  get nodeCount(): number {
    return this.#store.size + 1;
  }

  /** How many nodes lie below a path, at any depth (ZooKeeper: `DataTree.getAllChildrenNumber`). */
  countBelow(path: string): number {
    // The root goes by the empty path, too, and is below itself there.
    if (path === '') return this.#store.size;
    return path === '/' ? this.#store.size - 1 : usageBelow(this.#store, path).count - 1;
  }

  /** How many different ACLs the nodes have, besides the open one. */
  get aclCount(): number {
    return this.#store.aclCount;
  }

  /** Bytes of all paths and data, roughly what the tree holds in memory. */
  get approximateDataBytes(): number {
    return this.#store.bytes;
  }

  /** Which nodes belong to sessions, and which go by themselves. */
  get index(): NodeIndex {
    return this.#store.index;
  }

  /** Limits on parts of the tree. */
  get quotas(): Quotas {
    return this.#store.quotas;
  }

  /** The node at a path; the empty path means the root. */
  get(path: string): DataNode | undefined {
    return this.#store.get(path === '' ? '/' : path);
  }

  /** All nodes, parents before children; can be gone through while the tree changes. */
  entries(): MapIterator<[path: string, node: DataNode]> {
    return this.#store.entries();
  }

  /**
   * From now on shows each node that was there before it changes or goes, until {@link thaw}. Returns a number
   * that no node has for a mark yet.
   */
  freeze(beforeChange: BeforeChange): number {
    if (this.#isFrozen) throw new Error('the tree is frozen already');
    this.#isFrozen = true;
    this.#store.watchChanges(beforeChange);
    return ++this.#freezes;
  }

  /** Ends what {@link freeze} began. */
  thaw(): void {
    this.#isFrozen = false;
    this.#store.watchChanges(null);
  }

  /** Says which transaction the nodes go up to that were loaded from a snapshot. */
  loadedUpTo(zxid: bigint): void {
    this.#lastZxid = zxid;
    if (this.#store.get(CONFIG_PATH) === undefined) this.#addSystemNode(CONFIG_PATH);
  }

  /** Notes the digest, if it is kept and this is a transaction after which ZooKeeper does. */
  logDigest(): void {
    if (this.#store.digest !== null) this.#digestLog.note(this.#lastZxid, this.#store.digest);
  }

  /** Makes a change and reports its events. */
  apply(header: TxnHeader, txn: Txn): TxnResult {
    this.#lastZxid = header.zxid;
    switch (txn.kind) {
      case 'setAcl':
        return { txn, stat: this.#setAcl(txn), parts: NO_PARTS };
      case 'closeSession':
        this.#store.index.endSession(header.sessionId);
        for (const path of txn.paths) this.#delete(header, path);
        return { txn, stat: null, parts: NO_PARTS };
      case 'multi':
        return { txn, stat: null, parts: this.#multi(header, txn) };
      case 'createSession':
        return { txn, stat: null, parts: NO_PARTS };
      default:
        return this.#applyPart(header, txn);
    }
  }

  #applyPart(header: TxnHeader, txn: MultiPartTxn): TxnResult {
    switch (txn.kind) {
      case 'create':
        return { txn, stat: this.#create(header, txn), parts: NO_PARTS };
      case 'delete':
        this.#delete(header, txn.path);
        return { txn, stat: null, parts: NO_PARTS };
      case 'setData':
        return { txn, stat: this.#setData(header, txn), parts: NO_PARTS };
      default:
        return { txn, stat: null, parts: NO_PARTS };
    }
  }

  #multi(header: TxnHeader, multi: MultiTxn): readonly TxnResult[] {
    return multi.txns.map((txn) => this.#applyPart(header, txn));
  }

  #create(header: TxnHeader, txn: CreateTxn): Stat {
    const { path, data, acl, ephemeralOwner: owner } = txn;
    const parentName = parentPath(path);
    const parent = this.#store.require(parentName);
    const node = new DataNode({ data, acl, zxid: header.zxid, time: header.time, owner });
    this.#store.changing(parentName, parent);
    // At its end the counter stays there, and sequential names are taken: a replay could not tell less from earlier.
    if (txn.parentCversion > parent.cversion) parent.cversion = txn.parentCversion;
    parent.pzxid = header.zxid;
    parent.addChild(baseName(path));
    this.#store.digest?.updateStat(parentName, parent);
    // As it was made: a node with a quota's statistics is filled in only now.
    const stat = node.stat();
    this.#store.add(path, node);
    this.#store.quotas.changed(path, 1, lengthOf(data));
    this.#events.created(path, node.acl);
    this.#events.childrenChanged(parentName, parent.acl);
    return stat;
  }

  #delete(header: TxnHeader, path: string): void {
    const node = this.#store.require(path);
    const parentName = parentPath(path);
    const parent = this.#store.require(parentName);
    this.#store.changing(parentName, parent);
    this.#store.changing(path, node);
    parent.removeChild(baseName(path));
    parent.pzxid = header.zxid;
    this.#store.digest?.updateStat(parentName, parent);
    this.#store.remove(path, node);
    this.#store.quotas.changed(path, -1, -lengthOf(node.data));
    this.#events.deleted(path, node.acl);
    this.#events.childrenChanged(parentName, parent.acl);
  }

  #setData(header: TxnHeader, txn: SetDataTxn): Stat {
    const node = this.#store.require(txn.path);
    this.#store.changing(txn.path, node);
    const grown = this.#store.replaceData(node, txn.data);
    node.version = txn.version;
    node.mzxid = header.zxid;
    node.mtime = header.time;
    this.#store.digest?.addContent(txn.path, node);
    const stat = node.stat();
    this.#store.quotas.changed(txn.path, 0, grown);
    this.#events.dataChanged(txn.path, node.acl);
    return stat;
  }

  #setAcl(txn: SetAclTxn): Stat {
    const node = this.#store.require(txn.path);
    this.#store.changing(txn.path, node);
    this.#store.replaceAcl(node, txn.acl);
    node.aversion = txn.version;
    this.#store.digest?.updateStat(txn.path, node);
    return node.stat();
  }

  #addSystemNode(path: string): void {
    const data = Buffer.alloc(0);
    this.#store.add(
      path,
      new DataNode({ data, acl: OPEN_ACL, zxid: 0n, time: 0, owner: NO_OWNER }),
    );
    if (path !== '/') this.#store.require(parentPath(path)).addChild(baseName(path));
  }
}

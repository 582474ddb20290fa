import { baseName, OPEN_ACL, parentPath, READ_ONLY_ACL, type Stat } from '@mpim/zookeeper/protocol';
import { Quotas } from '../quota/quotas.ts';
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
import { NodeIndex } from './node-index.ts';
import { NO_OWNER } from './owner.ts';
import { CONFIG_PATH, QUOTA_PATH, ZOOKEEPER_PATH } from './special-paths.ts';
import { TreeDigest } from './tree-digest.ts';
import type { TreeEvents } from './tree-events.ts';

/** What applying a transaction gave; `txn` says what was done. */
export interface TxnResult {
  readonly txn: Txn;
  /** The node's stat afterwards, for what creates or changes one. */
  readonly stat: Stat | null;
  /** One result per part of a multi. */
  readonly parts: readonly TxnResult[];
}

/** Is shown a node just before it changes or goes. */
export type BeforeChange = (path: string, node: DataNode) => void;

/** The tree's digest after a transaction. */
export interface DigestEntry {
  readonly zxid: bigint;
  readonly digest: bigint;
}

const NO_PARTS: readonly TxnResult[] = [];
/** Every 128th transaction has these bits at zero (ZooKeeper: `DataTree.DIGEST_LOG_INTERVAL`). */
const DIGEST_LOG_BITS = 7;
const MAX_DIGEST_LOG = 1024;

/**
 * The nodes, in memory. Changes only by {@link apply}, whose outcome depends on nothing but the
 * transactions before it; whether a change is allowed was decided when the transaction was prepared.
 */
export class DataTree {
  readonly #nodes = new Map<string, DataNode>();
  readonly #events: TreeEvents;
  readonly #index = new NodeIndex();
  readonly #digest: TreeDigest | null;
  readonly #quotas = new Quotas(this);
  #lastZxid: bigint;
  #dataBytes = 0;
  #digestLog: DigestEntry[] = [];
  #beforeChange: BeforeChange | null = null;
  #freezes = 0;
  /** The parent of the node loaded last, and how paths of its children begin. */
  #loading: { parent: DataNode | null; prefix: string } = { parent: null, prefix: '' };

  /**
   * A fresh tree as every ZooKeeper has it; `lastZxid` is where its history begins. `digest` says
   * whether {@link digest} is kept, which costs about a microsecond per change.
   */
  constructor(events: TreeEvents, lastZxid: bigint, options = { digest: false }) {
    this.#events = events;
    this.#lastZxid = lastZxid;
    this.#digest = options.digest ? new TreeDigest() : null;
    for (const path of ['/', ZOOKEEPER_PATH, QUOTA_PATH, CONFIG_PATH]) this.#addSystemNode(path);
    const config = this.#require(CONFIG_PATH);
    config.acl = READ_ONLY_ACL;
    config.aversion = -1;
  }

  /** Checksum of the whole tree, if it is kept. */
  get digest(): TreeDigest | null {
    return this.#digest;
  }

  /** The digest after every 128th transaction since the start, if it is kept; the oldest of many are forgotten. */
  get digestLog(): readonly DigestEntry[] {
    return this.#digestLog;
  }

  /** Zxid of the last transaction applied. */
  get lastZxid(): bigint {
    return this.#lastZxid;
  }

  /** Number of nodes; the root counts twice, as in ZooKeeper, which files it under "" too. */
  get nodeCount(): number {
    return this.#nodes.size + 1;
  }

  /** Bytes of all paths and data, roughly what the tree holds in memory. */
  get approximateDataBytes(): number {
    return this.#dataBytes;
  }

  /** Which nodes belong to sessions, and which go by themselves. */
  get index(): NodeIndex {
    return this.#index;
  }

  /** Limits on parts of the tree. */
  get quotas(): Quotas {
    return this.#quotas;
  }

  /** The node at a path; the empty path means the root. */
  get(path: string): DataNode | undefined {
    return this.#nodes.get(path === '' ? '/' : path);
  }

  /** All nodes, parents before children; can be gone through while the tree changes. */
  entries(): MapIterator<[path: string, node: DataNode]> {
    // A node enters the map after its parent and leaves it before; what comes back enters at the end.
    return this.#nodes.entries();
  }

  /**
   * From now on shows each node that was there before it changes or goes, until {@link thaw}. Returns a number
   * that no node has for a mark yet.
   */
  freeze(beforeChange: BeforeChange): number {
    if (this.#beforeChange !== null) throw new Error('the tree is frozen already');
    this.#beforeChange = beforeChange;
    return ++this.#freezes;
  }

  /** Ends what {@link freeze} began. */
  thaw(): void {
    this.#beforeChange = null;
  }

  /** Forgets every node, to {@link load} what a snapshot holds. */
  clear(): void {
    this.#nodes.clear();
    this.#loading = { parent: null, prefix: '' };
    this.#index.clear();
    this.#quotas.clear();
    this.#digest?.clear();
    this.#dataBytes = 0;
  }

  /** Puts a node where a snapshot has it. Throws if its parent is not there yet, or if it is there already. */
  load(path: string, node: DataNode): void {
    if (path !== '/') this.#parentToLoadInto(path).addChild(baseName(path));
    const before = this.#nodes.size;
    this.#add(path, node);
    // Looking first would cost a fifth of the time that a large snapshot takes.
    if (this.#nodes.size === before) throw new Error(`${path} comes twice`);
  }

  /** A snapshot has most children one after the other, so most parents need no looking for. */
  #parentToLoadInto(path: string): DataNode {
    const { parent, prefix } = this.#loading;
    if (parent !== null && path.lastIndexOf('/') === prefix.length - 1 && path.startsWith(prefix)) {
      return parent;
    }
    const name = parentPath(path);
    const found = this.#require(name);
    this.#loading = { parent: found, prefix: name === '/' ? name : `${name}/` };
    return found;
  }

  /** Says which transaction the loaded nodes go up to. */
  loadedUpTo(zxid: bigint): void {
    this.#loading = { parent: null, prefix: '' };
    this.#lastZxid = zxid;
    if (!this.#nodes.has(CONFIG_PATH)) this.#addSystemNode(CONFIG_PATH);
  }

  /** Takes a node and all below it away without a trace: no event, no mark on the parent's stat. */
  prune(path: string): void {
    const node = this.#nodes.get(path);
    if (node === undefined) return;
    const prefix = path === '/' ? path : `${path}/`;
    for (const name of [...node.children]) this.prune(prefix + name);
    if (path !== '/') this.#nodes.get(parentPath(path))?.removeChild(baseName(path));
    this.#remove(path, node);
  }

  /** Puts a node's `pzxid` to what it is to be, where a replay could not find it by itself. */
  raisePzxid(path: string, pzxid: bigint): void {
    const node = this.#require(path);
    node.pzxid = pzxid;
    this.#digest?.updateStat(path, node);
  }

  /** How many nodes lie below a path, at any depth. */
  countDescendants(path: string): number {
    // ZooKeeper leaves out the root's two entries but counts its own nodes.
    if (path === '/') return this.#nodes.size - 1;
    let count = 0;
    const open = [path];
    for (let parent = open.pop(); parent !== undefined; parent = open.pop()) {
      const children = this.get(parent)?.children ?? [];
      for (const name of children) {
        count++;
        open.push(`${parent}/${name}`);
      }
    }
    return count;
  }

  /** Nodes at and below a path, and the bytes of their data. */
  usageBelow(path: string): { count: number; bytes: number } {
    const usage = { count: 0, bytes: 0 };
    const open = [path];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      const node = this.get(at);
      if (node === undefined) continue;
      usage.count++;
      usage.bytes += lengthOf(node.data);
      for (const name of node.children) open.push(at === '/' ? at + name : `${at}/${name}`);
    }
    return usage;
  }

  /** Replaces data without a transaction, as ZooKeeper does with a quota's statistics. */
  setSilently(path: string, data: Buffer): void {
    const node = this.#require(path);
    this.#beforeChange?.(path, node);
    this.#dataBytes += data.length - lengthOf(node.data);
    node.data = data;
  }

  /** Notes the digest, if this is a transaction after which ZooKeeper does. */
  logDigest(): void {
    if (this.#digest === null || BigInt.asUintN(DIGEST_LOG_BITS, this.#lastZxid) !== 0n) return;
    if (this.#digestLog.length === MAX_DIGEST_LOG) this.#digestLog.shift();
    this.#digestLog.push({ zxid: this.#lastZxid, digest: this.#digest.value });
  }

  /** Makes a change and reports its events. */
  apply(header: TxnHeader, txn: Txn): TxnResult {
    this.#lastZxid = header.zxid;
    switch (txn.kind) {
      case 'setAcl':
        return { txn, stat: this.#setAcl(txn), parts: NO_PARTS };
      case 'closeSession':
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
    const parent = this.#require(parentName);
    const node = new DataNode({ data, acl, zxid: header.zxid, time: header.time, owner });
    this.#beforeChange?.(parentName, parent);
    parent.cversion = txn.parentCversion;
    parent.pzxid = header.zxid;
    parent.addChild(baseName(path));
    this.#digest?.updateStat(parentName, parent);
    // As it was made: a node with a quota's statistics is filled in only now.
    const stat = node.stat();
    this.#add(path, node);
    this.#quotas.changed(path, 1, lengthOf(data));
    this.#events.created(path, node.acl);
    this.#events.childrenChanged(parentName, parent.acl);
    return stat;
  }

  #delete(header: TxnHeader, path: string): void {
    const node = this.#require(path);
    const parentName = parentPath(path);
    const parent = this.#require(parentName);
    this.#beforeChange?.(parentName, parent);
    this.#beforeChange?.(path, node);
    parent.removeChild(baseName(path));
    parent.pzxid = header.zxid;
    this.#digest?.updateStat(parentName, parent);
    this.#remove(path, node);
    this.#quotas.changed(path, -1, -lengthOf(node.data));
    this.#events.deleted(path, node.acl);
    this.#events.childrenChanged(parentName, parent.acl);
  }

  #setData(header: TxnHeader, txn: SetDataTxn): Stat {
    const node = this.#require(txn.path);
    this.#beforeChange?.(txn.path, node);
    const grown = lengthOf(txn.data) - lengthOf(node.data);
    this.#dataBytes += grown;
    node.data = txn.data;
    node.version = txn.version;
    node.mzxid = header.zxid;
    node.mtime = header.time;
    this.#digest?.addContent(txn.path, node);
    const stat = node.stat();
    this.#quotas.changed(txn.path, 0, grown);
    this.#events.dataChanged(txn.path, node.acl);
    return stat;
  }

  #setAcl(txn: SetAclTxn): Stat {
    const node = this.#require(txn.path);
    this.#beforeChange?.(txn.path, node);
    node.acl = txn.acl;
    node.aversion = txn.version;
    this.#digest?.updateStat(txn.path, node);
    return node.stat();
  }

  #addSystemNode(path: string): void {
    const data = Buffer.alloc(0);
    this.#add(path, new DataNode({ data, acl: OPEN_ACL, zxid: 0n, time: 0, owner: NO_OWNER }));
    if (path !== '/') this.#require(parentPath(path)).addChild(baseName(path));
  }

  #add(path: string, node: DataNode): void {
    this.#nodes.set(path, node);
    this.#dataBytes += path.length + lengthOf(node.data);
    this.#index.add(path, node.ephemeralOwner);
    this.#quotas.added(path);
    this.#digest?.addContent(path, node);
  }

  #remove(path: string, node: DataNode): void {
    this.#nodes.delete(path);
    this.#dataBytes -= path.length + lengthOf(node.data);
    this.#index.remove(path, node.ephemeralOwner);
    this.#quotas.removed(path);
    this.#digest?.remove(node);
  }

  #require(path: string): DataNode {
    const node = this.#nodes.get(path);
    if (node === undefined) throw new Error(`transaction names ${path}, which does not exist`);
    return node;
  }
}

function lengthOf(data: Buffer | null): number {
  return data === null ? 0 : data.length;
}

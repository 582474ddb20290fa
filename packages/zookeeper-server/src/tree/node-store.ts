import type { Acl } from '@mpim/zookeeper/protocol';
import { Quotas } from '../quota/quotas.ts';
import { AclPool } from './acl-pool.ts';
import type { DataNode } from './data-node.ts';
import { NodeIndex } from './node-index.ts';
import { TreeDigest } from './tree-digest.ts';

/** Is shown a node just before it changes or goes. */
export type BeforeChange = (path: string, node: DataNode) => void;

/**
 * The nodes by their paths, and what is derived from them and kept with them: who owns them, their bytes, quotas and
 * the digest. It knows no transactions; `DataTree` does.
 */
export class NodeStore {
  readonly index = new NodeIndex();
  readonly quotas = new Quotas(this);
  /** Null if none is kept. */
  readonly digest: TreeDigest | null;
  readonly #nodes = new Map<string, DataNode>();
  readonly #acls = new AclPool();
  #bytes = 0;
  #beforeChange: BeforeChange | null = null;

  constructor(options: { digest: boolean }) {
    this.digest = options.digest ? new TreeDigest() : null;
  }

  get size(): number {
    return this.#nodes.size;
  }

  /** How many different ACLs the nodes have, besides the open one. */
  get aclCount(): number {
    return this.#acls.size;
  }

  /** Of all paths and data. */
  get bytes(): number {
    return this.#bytes;
  }

  get(path: string): DataNode | undefined {
    return this.#nodes.get(path);
  }

  /** Throws if there is no such node: the transaction does not fit the tree. */
  require(path: string): DataNode {
    const node = this.#nodes.get(path);
    if (node === undefined) throw new Error(`transaction names ${path}, which does not exist`);
    return node;
  }

  /** All nodes, parents before children; can be gone through while the tree changes. */
  entries(): MapIterator<[path: string, node: DataNode]> {
    // A node enters the map after its parent and leaves it before; what comes back enters at the end.
    return this.#nodes.entries();
  }

  /** Has each node shown before it changes or goes; null ends that. */
  watchChanges(beforeChange: BeforeChange | null): void {
    this.#beforeChange = beforeChange;
  }

  /** To be called before a node changes or goes. */
  changing(path: string, node: DataNode): void {
    this.#beforeChange?.(path, node);
  }

  /** Puts a node in; its parent's set of children is left to the caller. */
  add(path: string, node: DataNode): void {
    this.#nodes.set(path, node);
    node.acl = this.#acls.take(node.acl);
    this.#bytes += path.length + lengthOf(node.data);
    this.index.add(path, node);
    this.quotas.added(path);
    this.digest?.addContent(path, node);
  }

  /** Takes a node out; its parent's set of children is left to the caller. */
  remove(path: string, node: DataNode): void {
    this.#nodes.delete(path);
    this.#acls.release(node.acl);
    this.#bytes -= path.length + lengthOf(node.data);
    this.index.remove(path, node.ephemeralOwner);
    this.quotas.removed(path);
    this.digest?.remove(node);
  }

  /** Replaces a node's data and returns by how many bytes it has grown; the digest is left to the caller. */
  replaceData(node: DataNode, data: Buffer | null): number {
    const grown = lengthOf(data) - lengthOf(node.data);
    this.#bytes += grown;
    node.data = data;
    return grown;
  }

  /** Gives a node another ACL; the digest is left to the caller. */
  replaceAcl(node: DataNode, acl: readonly Acl[]): void {
    const before = node.acl;
    node.acl = this.#acls.take(acl);
    this.#acls.release(before);
  }

  /** Replaces data without a transaction, as ZooKeeper does with a quota's statistics. */
  setSilently(path: string, data: Buffer): void {
    const node = this.require(path);
    this.changing(path, node);
    this.replaceData(node, data);
  }

  clear(): void {
    this.#nodes.clear();
    this.#acls.clear();
    this.index.clear();
    this.quotas.clear();
    this.digest?.clear();
    this.#bytes = 0;
  }
}

/** Bytes of a node's data. */
export function lengthOf(data: Buffer | null): number {
  return data === null ? 0 : data.length;
}

import { baseName, parentPath } from '@mpim/zookeeper/protocol';
import type { DataNode } from './data-node.ts';
import type { NodeStore } from './node-store.ts';

/**
 * How a tree comes back from a data directory: nodes are put where a snapshot has them, and a replay sets right what
 * its transactions do not fit. Nobody is told of it, and no stat changes but as it says.
 */
export class TreeRecovery {
  readonly #store: NodeStore;
  /** The parent of the node loaded last, and how paths of its children begin. */
  #loading: { parent: DataNode | null; prefix: string } = { parent: null, prefix: '' };

  constructor(store: NodeStore) {
    this.#store = store;
  }

  /** Forgets every node, to {@link load} what a snapshot holds. */
  clear(): void {
    this.#store.clear();
    this.#loading = { parent: null, prefix: '' };
  }

  /** Puts a node where a snapshot has it. Throws if its parent is not there yet, or if it is there already. */
  load(path: string, node: DataNode): void {
    if (path !== '/') this.#parentToLoadInto(path).addChild(baseName(path));
    const before = this.#store.size;
    this.#store.add(path, node);
    // Looking first would cost a fifth of the time that a large snapshot takes.
    if (this.#store.size === before) throw new Error(`${path} comes twice`);
  }

  /** Takes a node and all below it away without a trace on the parent's stat. */
  prune(path: string): void {
    if (this.#store.get(path) === undefined) return;
    // Not by calling itself: a tree can be deeper than calls can be nested.
    const paths = [path];
    for (const each of paths) {
      const prefix = each === '/' ? each : `${each}/`;
      for (const name of this.#store.require(each).children) paths.push(prefix + name);
    }
    for (const each of paths.reverse()) this.#removeLeaf(each);
  }

  #removeLeaf(path: string): void {
    if (path !== '/') this.#store.get(parentPath(path))?.removeChild(baseName(path));
    this.#store.remove(path, this.#store.require(path));
  }

  /** Puts a node's `pzxid` to what it is to be, where a replay could not find it by itself. */
  raisePzxid(path: string, pzxid: bigint): void {
    const node = this.#store.require(path);
    if (node.pzxid === pzxid) return;
    node.pzxid = pzxid;
    this.#store.digest?.updateStat(path, node);
  }

  /** A snapshot has most children one after the other, so most parents need no looking for. */
  #parentToLoadInto(path: string): DataNode {
    const { parent, prefix } = this.#loading;
    if (parent !== null && path.lastIndexOf('/') === prefix.length - 1 && path.startsWith(prefix)) {
      return parent;
    }
    const name = parentPath(path);
    const found = this.#store.require(name);
    this.#loading = { parent: found, prefix: name === '/' ? name : `${name}/` };
    return found;
  }
}

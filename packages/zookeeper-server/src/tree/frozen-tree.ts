import { parentPath } from '@mpim/zookeeper/protocol';
import type { DataNode } from './data-node.ts';
import type { DataTree } from './data-tree.ts';

/** Takes a node as it is at this moment, and must be done with it when it returns. */
export type NodeVisitor = (path: string, node: DataNode) => void;

/**
 * A tree as it was at one moment, handed out node by node while it goes on changing: each node once, parents
 * first. A node that is about to change before its turn has come is handed out at once. So nothing is
 * copied ahead and nothing kept aside; what is left to do is a number in each node.
 */
export class FrozenTree implements Disposable {
  /** Last transaction that it holds. */
  readonly zxid: bigint;
  /** Its digest; 0 if the tree keeps none. */
  readonly digest: bigint;
  readonly #tree: DataTree;
  readonly #visit: NodeVisitor;
  readonly #mark: number;

  /** Freezes a tree as it is now; there can be one at a time. */
  constructor(tree: DataTree, visit: NodeVisitor) {
    this.zxid = tree.lastZxid;
    this.digest = tree.digest?.value ?? 0n;
    this.#tree = tree;
    this.#visit = visit;
    this.#mark = tree.freeze((path, node) => this.handOut(path, node));
  }

  /** The nodes that have not been handed out, as they were; can be gone through while the tree changes. */
  *waiting(): Generator<[path: string, node: DataNode], void, void> {
    for (const entry of this.#tree.entries()) {
      if (this.#isWaiting(entry[1])) yield entry;
    }
  }

  /** Hands out a node unless that is done; its parents first. */
  handOut(path: string, node: DataNode): void {
    if (!this.#isWaiting(node)) return;
    for (const [above, parent] of this.#waitingAbove(path).reverse()) this.#give(above, parent);
    this.#give(path, node);
  }

  /** Lets the tree change unseen again. */
  [Symbol.dispose](): void {
    this.#tree.thaw();
  }

  /** The parents of a path that have not been handed out, from it upwards: they can be more than calls can be nested. */
  #waitingAbove(path: string): [path: string, node: DataNode][] {
    const waiting: [string, DataNode][] = [];
    for (let at = path; at !== '/'; ) {
      at = parentPath(at);
      const parent = this.#tree.get(at);
      if (parent === undefined || !this.#isWaiting(parent)) break;
      waiting.push([at, parent]);
    }
    return waiting;
  }

  #give(path: string, node: DataNode): void {
    node.mark = this.#mark;
    this.#visit(path, node);
  }

  #isWaiting(node: DataNode): boolean {
    return node.mark !== this.#mark && node.czxid <= this.zxid;
  }
}

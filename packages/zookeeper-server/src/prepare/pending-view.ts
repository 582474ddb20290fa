import { parentPath } from '@mpim/zookeeper/protocol';
import type { NodeView } from '../tree/data-node.ts';
import type { MultiPartTxn } from '../txn/txn.ts';
import type { TreeView } from './prepare-context.ts';

/**
 * A tree as it will be after changes that were decided but not applied: each part of a multi is
 * judged by what the parts before it have done.
 */
export class PendingView implements TreeView {
  readonly #tree: TreeView;
  /** Nodes changed, or null where one was deleted. */
  readonly #changed = new Map<string, NodeView | null>();

  constructor(tree: TreeView) {
    this.#tree = tree;
  }

  get(path: string): NodeView | undefined {
    const changed = this.#changed.get(path);
    return changed === undefined ? this.#tree.get(path) : (changed ?? undefined);
  }

  /** Takes a decided part into account. */
  add(txn: MultiPartTxn): void {
    switch (txn.kind) {
      case 'create': {
        const { acl, ephemeralOwner, parentCversion: cversion } = txn;
        const parent = parentPath(txn.path);
        this.#change(parent, (node) => ({ cversion, childCount: node.childCount + 1 }));
        const counters = { version: 0, cversion: 0, aversion: 0, childCount: 0 };
        this.#changed.set(txn.path, { acl, ephemeralOwner, ...counters });
        break;
      }
      case 'delete':
        this.#change(parentPath(txn.path), (node) => ({ childCount: node.childCount - 1 }));
        this.#changed.set(txn.path, null);
        break;
      case 'setData':
        this.#change(txn.path, () => ({ version: txn.version }));
        break;
      default:
        break;
    }
  }

  #change(path: string, fields: (node: NodeView) => Partial<NodeView>): void {
    const node = this.get(path);
    if (node === undefined) return;
    const { acl, version, cversion, aversion, ephemeralOwner, childCount } = node;
    const copy = { acl, version, cversion, aversion, ephemeralOwner, childCount };
    this.#changed.set(path, { ...copy, ...fields(node) });
  }
}

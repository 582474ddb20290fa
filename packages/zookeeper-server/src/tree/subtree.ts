/** Nodes by their paths. */
export interface NodeLookup {
  get(
    path: string,
  ): { readonly data: Buffer | null; readonly children: ReadonlySet<string> } | undefined;
}

/** A whole tree of them. */
export interface CountedNodes extends NodeLookup {
  /** The root counts twice. */
  readonly nodeCount: number;
}

/** What a node and all below it come to. */
export interface Usage {
  readonly count: number;
  /** Of their data. */
  readonly bytes: number;
}

/** How many nodes there are at and below a path, at any depth, and how much data they hold. */
export function usageBelow(nodes: NodeLookup, path: string): Usage {
  let [count, bytes] = [0, 0];
  const open = [path];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const node = nodes.get(at);
    if (node === undefined) continue;
    count++;
    bytes += node.data?.length ?? 0;
    for (const name of node.children) open.push(at === '/' ? at + name : `${at}/${name}`);
  }
  return { count, bytes };
}

/** How many nodes lie below a path, at any depth (ZooKeeper: `DataTree.getAllChildrenNumber`). */
export function countDescendants(tree: CountedNodes, path: string): number {
  // All but the root's two entries: there is no need to go through a whole tree.
  return path === '/' ? tree.nodeCount - 2 : usageBelow(tree, path).count - 1;
}

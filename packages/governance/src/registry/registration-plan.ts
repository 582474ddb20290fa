import type { MultiOperation, Stat } from '@mpim/zookeeper';

/** One node that a registration wants, and what it should hold. */
export interface WantedNode {
  readonly path: string;
  readonly data: Buffer;
  /**
   * `exclusive`: the instance's own node, ours whoever holds it now.
   * `shared`: a seed node, held by whichever instance came first.
   */
  readonly kind: 'exclusive' | 'shared';
}

/** What was found at a wanted node's path; `null` when nothing. */
export type FoundNode = { readonly data: Buffer | null; readonly stat: Stat } | null;

/** What stands between a found node and the wanted one. */
export type NodeFate =
  /** As it should be, or a seed node that another instance holds. */
  | 'keep'
  | 'create'
  /** Ours, but somebody wrote other data into it. */
  | 'rewrite'
  /** Left by an older session of this instance: it would vanish under us when that session expires. */
  | 'replace';

/** Decides about one node. `sessionId` is the session that must own it. */
export function judgeNode(wanted: WantedNode, found: FoundNode, sessionId: bigint): NodeFate {
  if (found === null) return 'create';
  const sameData = found.data?.equals(wanted.data) ?? false;
  if (found.stat.ephemeralOwner === sessionId) return sameData ? 'keep' : 'rewrite';
  if (wanted.kind === 'exclusive') return 'replace';
  const ephemeral = found.stat.ephemeralOwner !== 0n;
  // A seed node with our own address belongs to an older session of ours; a persistent one is an operator's.
  return ephemeral && sameData ? 'replace' : 'keep';
}

/** The operations that carry out a fate, in the order they must have inside the multi. */
export function operationsFor(
  wanted: WantedNode,
  found: FoundNode,
  fate: NodeFate,
  create: (path: string, data: Buffer) => MultiOperation,
): MultiOperation[] {
  switch (fate) {
    case 'keep':
      return [];
    case 'create':
      return [create(wanted.path, wanted.data)];
    case 'rewrite':
      return [{ type: 'set', path: wanted.path, data: wanted.data }];
    case 'replace':
      return [
        { type: 'delete', path: wanted.path, version: found?.stat.version ?? -1 },
        create(wanted.path, wanted.data),
      ];
  }
}

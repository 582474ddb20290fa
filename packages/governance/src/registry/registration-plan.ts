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

/** Whether a found node is the wanted one: owned by the session, with the wanted data. */
export function isInPlace(wanted: WantedNode, found: FoundNode, sessionId: bigint): boolean {
  return found?.stat.ephemeralOwner === sessionId && found.data?.equals(wanted.data) === true;
}

/** Whether a found node goes when the instance goes. */
export function isOurs(wanted: WantedNode, found: FoundNode, sessionId: bigint): boolean {
  if (wanted.kind === 'shared') return isInPlace(wanted, found, sessionId);
  return found?.stat.ephemeralOwner === sessionId;
}

/**
 * Decides about one node. `sessionId` is the session that must own it; `heldCzxid` is the czxid under which the node
 * was last seen in place.
 */
export function judgeNode(
  wanted: WantedNode,
  found: FoundNode,
  sessionId: bigint,
  heldCzxid: bigint | undefined,
): NodeFate {
  if (found === null) return 'create';
  if (isInPlace(wanted, found, sessionId)) return 'keep';
  const { ephemeralOwner, czxid } = found.stat;
  if (wanted.kind === 'exclusive') return ephemeralOwner === sessionId ? 'rewrite' : 'replace';
  // Two instances of a service may share a session: a seed node of ours is known by its creation.
  if (ephemeralOwner === sessionId) return czxid === heldCzxid ? 'rewrite' : 'keep';
  // A seed node with our own address belongs to an older session of ours; a persistent one is an operator's.
  const sameData = found.data?.equals(wanted.data) === true;
  return ephemeralOwner !== 0n && sameData ? 'replace' : 'keep';
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

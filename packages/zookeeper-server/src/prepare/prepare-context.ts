import { ErrorCode } from '@mpim/zookeeper/protocol';
import type { Identity } from '../acl/identity.ts';
import type { Quotas } from '../quota/quotas.ts';
import { refuse } from '../request-error.ts';
import type { NodeView } from '../tree/data-node.ts';

/** The tree as the checks of a write see it. */
export interface TreeView {
  /** The node at a path, with all changes accepted so far. */
  get(path: string): NodeView | undefined;
}

/** What a write is judged by, besides its own words. */
export interface PrepareContext {
  readonly tree: TreeView;
  /** Session that asks. */
  readonly sessionId: bigint;
  /** Who its connection has shown to be. */
  readonly identities: readonly Identity[];
  /** Whether nodes with a time to live may be made. */
  readonly extendedTypes: boolean;
  /** Schemes an ACL may name besides `world`, `auth`, `digest` and `ip`; none by default. */
  readonly schemes?: ReadonlySet<string>;
  /** Whether the scheme `digest` is off; it is on by default. */
  readonly noDigest?: boolean;
  /** Whether a reconfiguration fails for another reason than being switched off; false by default. */
  readonly reconfigEnabled?: boolean;
  /** Quotas that are enforced, if any are. */
  readonly quotas?: Pick<Quotas, 'exceededBy'> | undefined;
}

/** The node at a path; refuses with NONODE. */
export function requireNode(tree: TreeView, path: string): NodeView {
  return tree.get(path) ?? refuse(ErrorCode.NONODE);
}

/** Refuses with QUOTAEXCEEDED a change that would pass an enforced hard limit. */
export function checkQuota(context: PrepareContext, path: string, data: Uint8Array | null): void {
  const exceeded = context.quotas?.exceededBy(path, data?.length ?? 0) ?? null;
  if (exceeded !== null) refuse(ErrorCode.QUOTAEXCEEDED);
}

/**
 * The version after `current`; refuses with BADVERSION unless `expected` is `current` or -1.
 * -1 is never reached by counting, because it means "any" (ZooKeeper: ZOOKEEPER-4743).
 */
export function nextVersion(current: number, expected: number): number {
  if (expected !== -1 && expected !== current) refuse(ErrorCode.BADVERSION);
  const next = (current + 1) | 0;
  return next === -1 ? 0 : next;
}

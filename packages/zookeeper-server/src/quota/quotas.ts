import { parentPath } from '@mpim/zookeeper/protocol';
import { QUOTA_PATH } from '../tree/special-paths.ts';
import { type AllNodes, type Usage, usageBelow } from '../tree/subtree.ts';
import { formatUsage, parseQuota } from './quota-text.ts';

const LIMITS = '/zookeeper_limits';
const USAGE = '/zookeeper_stats';

/** What quotas need of the tree. */
export interface QuotaTree extends AllNodes {
  /** Replaces data without a transaction: no stat changes and nobody is told. */
  setSilently(path: string, data: Buffer): void;
}

/**
 * Limits on a node and all below it, set by the nodes `/zookeeper/quota<path>/zookeeper_limits` and counted in
 * `zookeeper_stats` beside it. Of nested ones only the innermost counts (ZooKeeper: `DataTree.updateQuotaStat`).
 */
export class Quotas {
  readonly #tree: QuotaTree;
  /** Paths with limits. */
  readonly #paths = new Set<string>();

  constructor(tree: QuotaTree) {
    this.#tree = tree;
  }

  /** Notes a node that has come into the tree, by a change or from a snapshot. */
  added(path: string): void {
    const limited = limitedBy(path, LIMITS);
    if (limited !== null) this.#paths.add(limited);
  }

  /** Notes a node that has left the tree. */
  removed(path: string): void {
    const limited = limitedBy(path, LIMITS);
    if (limited !== null) this.#paths.delete(limited);
  }

  clear(): void {
    this.#paths.clear();
  }

  /** Counts a change under a quota; a new statistics node makes it count afresh. */
  changed(path: string, countDiff: number, bytesDiff: number): void {
    if (countDiff > 0) {
      const limited = limitedBy(path, USAGE);
      if (limited !== null) this.#recount(limited);
    }
    const owner = this.#ownerOf(path);
    if (owner === null) return;
    const node = this.#tree.get(QUOTA_PATH + owner + USAGE);
    if (node === undefined) return;
    const { count, bytes } = parseQuota(node.data);
    this.#setUsage(owner, { count: count + countDiff, bytes: bytes + bytesDiff });
  }

  /** Counts all afresh, after a snapshot and what lies behind it were loaded. */
  recount(): void {
    for (const path of this.#paths) this.#recount(path);
  }

  /** The quota whose hard limit is passed if a node comes to hold so many bytes, or null if it may. */
  exceededBy(path: string, bytes: number): string | null {
    const owner = this.#ownerOf(path);
    if (owner === null) return null;
    const node = this.#tree.get(path);
    const countDiff = node === undefined ? 1 : 0;
    const bytesDiff = bytes - (node?.data?.length ?? 0);
    const { limits, usage } = this.#figures(owner);
    const { countHardLimit, byteHardLimit } = limits;
    const tooMany = countDiff > 0 && passes(usage.count + countDiff, countHardLimit);
    // As in ZooKeeper, what is too much already can only be deleted, not shortened.
    const tooMuch = bytesDiff !== 0 && passes(usage.bytes + bytesDiff, byteHardLimit);
    return tooMany || tooMuch ? owner : null;
  }

  /** The quota over whose soft limit a path is now, or null. */
  softlyExceededAt(path: string): string | null {
    const owner = this.#ownerOf(path);
    if (owner === null) return null;
    const { limits, usage } = this.#figures(owner);
    return passes(usage.count, limits.count) || passes(usage.bytes, limits.bytes) ? owner : null;
  }

  #figures(owner: string) {
    return {
      limits: parseQuota(this.#tree.get(QUOTA_PATH + owner + LIMITS)?.data ?? null),
      usage: parseQuota(this.#tree.get(QUOTA_PATH + owner + USAGE)?.data ?? null),
    };
  }

  /** The nearest path with limits at or above this one. */
  #ownerOf(path: string): string | null {
    if (this.#paths.size === 0) return null;
    for (let at = path; at !== '/'; at = parentPath(at)) if (this.#paths.has(at)) return at;
    return null;
  }

  #recount(path: string): void {
    if (this.#tree.get(QUOTA_PATH + path + USAGE) === undefined) return;
    this.#setUsage(path, usageBelow(this.#tree, path));
  }

  #setUsage(path: string, usage: Usage): void {
    this.#tree.setSilently(QUOTA_PATH + path + USAGE, formatUsage(usage));
  }
}

function passes(value: number, limit: number): boolean {
  return limit >= 0 && value > limit;
}

/** The path a quota node of the given kind is about, or null if it is none. */
function limitedBy(path: string, kind: string): string | null {
  if (!path.startsWith(QUOTA_PATH) || !path.endsWith(kind)) return null;
  const limited = path.slice(QUOTA_PATH.length, -kind.length);
  return limited === '' ? null : limited;
}

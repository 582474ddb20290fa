import type { Acl, Stat } from '@mpim/zookeeper/protocol';
import { NO_OWNER, ownerKind } from './owner.ts';

/** What the checks before a write need to know of a node. */
export interface NodeView {
  readonly acl: readonly Acl[];
  readonly version: number;
  /** How many children were ever created below it: the next sequence number. */
  readonly cversion: number;
  readonly aversion: number;
  readonly ephemeralOwner: bigint;
  readonly childCount: number;
}

const NO_CHILDREN: ReadonlySet<string> = new Set();

/** One node of the tree (ZooKeeper: `DataNode` and `StatPersisted`). */
export class DataNode implements NodeView {
  data: Buffer | null;
  acl: readonly Acl[];
  readonly czxid: bigint;
  mzxid: bigint;
  pzxid: bigint;
  readonly ctime: number;
  mtime: number;
  version = 0;
  cversion = 0;
  aversion = 0;
  readonly ephemeralOwner: bigint;
  /** CRC-32 of path and data, and the node's share of the tree's digest; kept by `TreeDigest` alone. */
  contentCrc = 0;
  digest = 0;
  /** Says to a `FrozenTree` alone whether it has handed the node out. */
  mark = 0;
  // Most nodes are leaves; they go without a set of their own.
  #children: Set<string> | null = null;

  constructor(init: {
    data: Buffer | null;
    acl: readonly Acl[];
    zxid: bigint;
    time: number;
    owner: bigint;
  }) {
    this.data = init.data;
    this.acl = init.acl;
    this.czxid = init.zxid;
    this.mzxid = init.zxid;
    this.pzxid = init.zxid;
    this.ctime = init.time;
    this.mtime = init.time;
    this.ephemeralOwner = init.owner;
  }

  get childCount(): number {
    return this.#children === null ? 0 : this.#children.size;
  }

  /** Names of the children, oldest first. */
  get children(): ReadonlySet<string> {
    return this.#children ?? NO_CHILDREN;
  }

  addChild(name: string): void {
    this.#children ??= new Set();
    this.#children.add(name);
  }

  removeChild(name: string): void {
    this.#children?.delete(name);
  }

  /**
   * The stat as clients see it: their cversion counts creates and deletes of children while the stored
   * one counts creates only, and only sessions show up as owners (ZooKeeper: `DataNode.copyStat`).
   */
  stat(): Stat {
    const owner = this.ephemeralOwner;
    return {
      czxid: this.czxid,
      mzxid: this.mzxid,
      ctime: this.ctime,
      mtime: this.mtime,
      version: this.version,
      cversion: (this.cversion * 2 - this.childCount) | 0,
      aversion: this.aversion,
      ephemeralOwner: ownerKind(owner) === 'session' ? owner : NO_OWNER,
      dataLength: this.data === null ? 0 : this.data.length,
      numChildren: this.childCount,
      pzxid: this.pzxid,
    };
  }
}

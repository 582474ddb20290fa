import type { Stat } from '../protocol/index.ts';

/** Data of a node. */
export interface NodeData {
  /** Null if the node was created with null, which differs from empty. */
  readonly data: Buffer | null;
  readonly stat: Stat;
}

/** Children of a node. */
export interface NodeChildren {
  /** Names, in no order. */
  readonly children: string[];
  readonly stat: Stat;
}

import { Buffer } from 'node:buffer';
import { type JuteReader, readStat, type Stat } from '../../protocol/index.ts';

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

/** The answer of getData, for the caller to keep. */
export function readNodeData(input: JuteReader): NodeData {
  return { data: input.ownBuffer(), stat: readStat(input) };
}

/** The answer of getChildren2. */
export function readNodeChildren(input: JuteReader): NodeChildren {
  return { children: input.texts(), stat: readStat(input) };
}

/** A copy of bytes out of an answer: those lie where the next answer will. */
export function detached(data: Buffer | null): Buffer | null {
  return data && Buffer.from(data);
}

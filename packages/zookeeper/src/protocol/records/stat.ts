import type { JuteReader } from '../jute-reader.ts';
import type { JuteWriter } from '../jute-writer.ts';

/** What ZooKeeper knows about a node besides its data. */
export interface Stat {
  /** Transaction that created the node. */
  readonly czxid: bigint;
  /** Transaction of the last change of its data. */
  readonly mzxid: bigint;
  /** Unix ms of the creation. */
  readonly ctime: number;
  /** Unix ms of the last change of its data. */
  readonly mtime: number;
  /** Changes of its data. */
  readonly version: number;
  /** Creations and deletions of its children. */
  readonly cversion: number;
  /** Changes of its ACL. */
  readonly aversion: number;
  /** Session that an ephemeral node belongs to; 0 for every other node. */
  readonly ephemeralOwner: bigint;
  /** Bytes of data. */
  readonly dataLength: number;
  readonly numChildren: number;
  /** Transaction of the last creation or deletion of a child. */
  readonly pzxid: bigint;
}

/** Reads a {@link Stat}. */
export function readStat(input: JuteReader): Stat {
  return {
    czxid: input.long(),
    mzxid: input.long(),
    ctime: input.longNumber(),
    mtime: input.longNumber(),
    version: input.int(),
    cversion: input.int(),
    aversion: input.int(),
    ephemeralOwner: input.long(),
    dataLength: input.int(),
    numChildren: input.int(),
    pzxid: input.long(),
  };
}

/** Writes a {@link Stat}. */
export function writeStat(output: JuteWriter, value: Stat): void {
  output.long(value.czxid);
  output.long(value.mzxid);
  output.longNumber(value.ctime);
  output.longNumber(value.mtime);
  output.int(value.version);
  output.int(value.cversion);
  output.int(value.aversion);
  output.long(value.ephemeralOwner);
  output.int(value.dataLength);
  output.int(value.numChildren);
  output.long(value.pzxid);
}

/** Answer of exists, setData and setACL. */
export interface StatResponse {
  readonly stat: Stat;
}

/** Reads a {@link StatResponse}. */
export function readStatResponse(input: JuteReader): StatResponse {
  return { stat: readStat(input) };
}

/** Writes a {@link StatResponse}. */
export function writeStatResponse(output: JuteWriter, value: StatResponse): void {
  writeStat(output, value.stat);
}

import { JuteReader, ProtocolError } from '@mpim/zookeeper/protocol';
import type { DataNode } from '../tree/data-node.ts';
import type { DataTree } from '../tree/data-tree.ts';
import { ChunkReader } from './chunk-reader.ts';
import type { Disk } from './disk.ts';
import { BadGzipError, GunzipReader } from './gunzip-reader.ts';
import { NodeParser } from './node-parser.ts';
import { AclTable, MISSING_ACL, SEAL_BYTES, SEAL_END, SNAPSHOT_HEADER } from './snapshot-format.ts';

/** The digest a tree had after a transaction, as a snapshot states it. */
export interface ZxidDigest {
  readonly zxid: bigint;
  readonly version: number;
  readonly value: bigint;
}

/** What a snapshot holds besides the nodes. */
export interface SnapshotFacts {
  /** Sessions by id, with their timeouts in ms. */
  readonly sessions: Map<bigint, number>;
  /** Digest at the end of the time in which it was written; null in files of old servers. */
  readonly digest: ZxidDigest | null;
  /** Nodes that have `MISSING_ACL`. */
  readonly withoutAcl: readonly string[];
}

/** A snapshot that is incomplete or damaged. */
export class BadSnapshotError extends Error {
  override readonly name = 'BadSnapshotError';
}

const INT_BYTES = 4;
const SESSION_BYTES = 12;
const DIGEST_BYTES = 20;

/** Loads a snapshot into a tree, in place of all its nodes. Throws {@link BadSnapshotError}. */
export async function readSnapshot(
  path: string,
  tree: DataTree,
  disk: Disk,
  compression: 'none' | 'gz' = 'none',
): Promise<SnapshotFacts> {
  const file = await disk.open(path);
  await using reader = new ChunkReader(compression === 'gz' ? new GunzipReader(file) : file);
  try {
    return await read(reader, tree);
  } catch (cause) {
    if (!(cause instanceof ProtocolError || cause instanceof BadGzipError)) throw cause;
    throw new BadSnapshotError(`${cause.message}, near offset ${reader.position}`, { cause });
  }
}

async function read(reader: ChunkReader, tree: DataTree): Promise<SnapshotFacts> {
  const header = await take(reader, SNAPSHOT_HEADER.length);
  if (!header.subarray(0, 8).equals(SNAPSHOT_HEADER.subarray(0, 8))) {
    throw new BadSnapshotError('it does not begin as a snapshot does');
  }
  const sessions = await readSessions(reader);
  const acls = await readAcls(reader);
  tree.recovery.clear();
  const withoutAcl = await readNodes(reader, tree, acls);
  await checkSeal(reader);
  if (await reader.isAtEnd()) return { sessions, digest: null, withoutAcl };
  const input = new JuteReader(await take(reader, DIGEST_BYTES));
  const digest = { zxid: input.long(), version: input.int(), value: input.long() };
  await checkSeal(reader);
  return { sessions, digest: digest.zxid > 0n ? digest : null, withoutAcl };
}

async function readSessions(reader: ChunkReader): Promise<Map<bigint, number>> {
  const sessions = new Map<bigint, number>();
  for (let left = (await take(reader, INT_BYTES)).readInt32BE(); left > 0; left--) {
    const entry = await take(reader, SESSION_BYTES);
    sessions.set(entry.readBigInt64BE(0), entry.readInt32BE(8));
  }
  return sessions;
}

async function readAcls(reader: ChunkReader): Promise<AclTable> {
  const acls = new AclTable();
  for (let left = (await take(reader, INT_BYTES)).readInt32BE(); left > 0; left--) {
    acls.readEntry(new JuteReader(await take(reader, await aclEntryBytes(reader))));
  }
  return acls;
}

/** Length of the next entry of the ACL table, found by walking over its lengths. */
async function aclEntryBytes(reader: ChunkReader): Promise<number> {
  let at = 8;
  const intAt = async (offset: number): Promise<number> => {
    await need(reader, offset + INT_BYTES);
    return reader.peekInt(offset);
  };
  let left = await intAt(at);
  at += INT_BYTES;
  for (; left > 0; left--) {
    at += INT_BYTES;
    at += INT_BYTES + Math.max(0, await intAt(at));
    at += INT_BYTES + Math.max(0, await intAt(at));
  }
  return at;
}

/** Loads the nodes, as far as the end mark; gives the paths of those without an ACL. Waits only when the file must be read on. */
async function readNodes(reader: ChunkReader, tree: DataTree, acls: AclTable): Promise<string[]> {
  const withoutAcl: string[] = [];
  const parser = new NodeParser(acls);
  for (;;) {
    parser.reset(reader.peekAll());
    let parsed = parser.next();
    for (; parsed === 'node'; parsed = parser.next()) {
      loadNode(tree, parser.path, parser.node);
      if (parser.node.acl === MISSING_ACL) withoutAcl.push(parser.path);
    }
    reader.takeChecked(parser.consumed);
    if (parsed === 'end') return withoutAcl;
    await need(reader, parser.wanted);
  }
}

function loadNode(tree: DataTree, path: string, node: DataNode): void {
  try {
    tree.recovery.load(path, node);
  } catch (cause) {
    throw new BadSnapshotError(`${path} has no parent in it, or comes twice`, { cause });
  }
}

async function checkSeal(reader: ChunkReader): Promise<void> {
  const { checksum } = reader;
  const seal = await take(reader, SEAL_BYTES);
  if (seal.readBigInt64BE() !== BigInt(checksum)) {
    throw new BadSnapshotError(`its checksum does not match at offset ${reader.position}`);
  }
  // Apache ZooKeeper passes over a snapshot that does not end so.
  if (!seal.subarray(8).equals(SEAL_END)) {
    throw new BadSnapshotError(`a checksum does not end as it should at offset ${reader.position}`);
  }
}

async function take(reader: ChunkReader, bytes: number): Promise<Buffer> {
  await need(reader, bytes);
  return reader.takeChecked(bytes);
}

async function need(reader: ChunkReader, bytes: number): Promise<void> {
  if (reader.has(bytes) || (await reader.fill(bytes))) return;
  throw new BadSnapshotError(`it ends soon after ${reader.position} bytes, within an entry`);
}

import { join } from 'node:path';
import { JuteWriter } from '@mpim/zookeeper/protocol';
import type { DataNode } from '../tree/data-node.ts';
import type { DataTree } from '../tree/data-tree.ts';
import { DIGEST_VERSION } from '../tree/tree-digest.ts';
import { ADLER_START, adler32 } from './adler32.ts';
import type { Disk, DiskFile } from './disk.ts';
import { snapshotName, unfinishedName } from './file-names.ts';
import { AclTable, END_PATH, SNAPSHOT_HEADER, writeNode } from './snapshot-format.ts';

/** What a snapshot is made of. */
export interface SnapshotSource {
  readonly tree: DataTree;
  /** Sessions alive, with their timeouts in ms. */
  readonly sessions: Iterable<readonly [id: bigint, timeoutMs: number]>;
  /** Resolves once every change applied so far is in the log for good; rejects if that cannot be. */
  readonly settled: () => Promise<void>;
  /** Lets others do what has come up. */
  readonly nextTurn: () => Promise<void>;
  /** Ends the work: the file is removed. */
  readonly signal: AbortSignal;
}

/** Written and summed up at once; about half a millisecond of work, so that requests never wait long. */
const SLICE_BYTES = 64 * 1024;
const NODES_PER_SLICE = 20_000;

/**
 * Writes the tree as it is, while it changes: a "fuzzy" snapshot, named after the last transaction applied
 * when it began. It holds some of the changes made meanwhile; replaying all of them over it gives the
 * same tree as ever. So it gets its name only when these are safe in the log.
 *
 * Nodes created meanwhile are left to the log: their ACLs may be missing in the table, which comes before the
 * nodes, and Apache ZooKeeper would not set right what a create finds in its place.
 */
export async function writeSnapshot(
  folder: string,
  disk: Disk,
  source: SnapshotSource,
): Promise<string> {
  const zxid = source.tree.lastZxid;
  const unfinished = join(folder, unfinishedName(zxid));
  const path = join(folder, snapshotName(zxid));
  try {
    const file = await disk.create(unfinished, { durable: false });
    try {
      await new SnapshotStream(file, source, zxid).write();
      await file.sync();
    } finally {
      await file.close();
    }
    await source.settled();
    await disk.rename(unfinished, path);
    await disk.syncFolder(folder);
    return path;
  } catch (error) {
    await disk.remove(unfinished);
    throw error;
  }
}

class SnapshotStream {
  readonly #file: DiskFile;
  readonly #source: SnapshotSource;
  /** The last transaction applied when it began. */
  readonly #zxid: bigint;
  readonly #output = new JuteWriter(SLICE_BYTES * 2);
  readonly #acls = new AclTable();
  #position = 0;
  #checksum = ADLER_START;

  constructor(file: DiskFile, source: SnapshotSource, zxid: bigint) {
    this.#file = file;
    this.#source = source;
    this.#zxid = zxid;
  }

  async write(): Promise<void> {
    const { tree } = this.#source;
    const output = this.#output;
    const sessions = [...this.#source.sessions];
    output.raw(SNAPSHOT_HEADER);
    output.int(sessions.length);
    for (const [id, timeoutMs] of sessions) {
      output.long(id);
      output.int(timeoutMs);
    }
    await this.#collectAcls();
    this.#acls.write(output);
    await this.#writeNodes();
    output.string(END_PATH);
    this.#seal();
    output.long(tree.lastZxid);
    output.int(DIGEST_VERSION);
    output.long(tree.digest?.value ?? 0n);
    this.#seal();
    await this.#flush();
  }

  async #collectAcls(): Promise<void> {
    let count = 0;
    for (const node of this.#source.tree.nodes()) {
      this.#acls.add(node.acl);
      if (++count % NODES_PER_SLICE === 0) await this.#source.nextTurn();
    }
  }

  /** Parents before children, each node at most once, wherever the tree has moved on meanwhile. */
  async #writeNodes(): Promise<void> {
    const { tree } = this.#source;
    const root = tree.get('/');
    if (root === undefined) throw new Error('a tree without a root');
    this.#writeNode('', root);
    // One level of the walk: the names are copied, for a name that comes back must not be met twice.
    const open = [{ prefix: '/', names: [...root.children], next: 0 }];
    for (let level = open.at(-1); level !== undefined; level = open.at(-1)) {
      const name = level.names[level.next++];
      if (name === undefined) {
        open.pop();
        continue;
      }
      const path = level.prefix + name;
      const node = tree.get(path);
      if (node === undefined || node.czxid > this.#zxid) continue;
      this.#writeNode(path, node);
      if (node.childCount > 0) {
        open.push({ prefix: `${path}/`, names: [...node.children], next: 0 });
      }
      if (this.#output.length >= SLICE_BYTES) await this.#flush();
    }
  }

  #writeNode(path: string, node: DataNode): void {
    this.#output.string(path);
    writeNode(this.#output, node, this.#acls);
  }

  #seal(): void {
    this.#sumUp();
    this.#output.long(BigInt(this.#checksum));
    this.#output.string(END_PATH);
  }

  #summed = 0;

  #sumUp(): void {
    const bytes = this.#output.view(0);
    this.#checksum = adler32(bytes, this.#summed, bytes.length, this.#checksum);
    this.#summed = bytes.length;
  }

  async #flush(): Promise<void> {
    this.#source.signal.throwIfAborted();
    this.#sumUp();
    const bytes = this.#output.view(0);
    await new Promise<void>((resolve, reject) => {
      this.#file.write(bytes, this.#position, (error) => (error ? reject(error) : resolve()));
    });
    this.#position += bytes.length;
    this.#output.rewind(0);
    this.#summed = 0;
  }
}

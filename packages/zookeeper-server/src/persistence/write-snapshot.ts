import { join } from 'node:path';
import { JuteWriter } from '@mpim/zookeeper/protocol';
import type { DataTree } from '../tree/data-tree.ts';
import { FrozenTree } from '../tree/frozen-tree.ts';
import { DIGEST_VERSION } from '../tree/tree-digest.ts';
import type { Disk } from './disk.ts';
import { snapshotName, unfinishedSnapshotName } from './file-names.ts';
import { AclTable, END_PATH, SNAPSHOT_HEADER, writeNode } from './snapshot-format.ts';
import { SummedFile } from './summed-file.ts';

/** What a snapshot is made of. */
export interface SnapshotSource {
  readonly tree: DataTree;
  /** Sessions alive, with their timeouts in ms. */
  readonly sessions: Iterable<readonly [id: bigint, timeoutMs: number]>;
  /** Resolves once what the snapshot does not hold of the changes applied so far is safe; rejects if that cannot be. */
  readonly settled: () => Promise<void>;
  /** Lets others do what has come up. */
  readonly nextTurn: () => Promise<void>;
  /** Ends the work: the file is removed. */
  readonly signal: AbortSignal;
}

const SLICE_BYTES = 64 * 1024;
const NODES_PER_SLICE = 20_000;
/** A buffer that had to grow beyond this is not kept. */
const MAX_KEPT_BYTES = 4 << 20;

/**
 * Writes the tree and the sessions exactly as they are at the moment of the call, while requests go on; the
 * file is named after the last transaction by then. In ZooKeeper a snapshot may hold some of what comes
 * later ("fuzzy"), and replaying the log over it does not always lead to the tree that was: a node
 * deleted with its parent and created again can end up outside its parent's list of children.
 */
export async function writeSnapshot(
  folder: string,
  disk: Disk,
  source: SnapshotSource,
): Promise<string> {
  const stream = new SnapshotStream(source);
  const unfinished = join(folder, unfinishedSnapshotName(stream.zxid));
  const path = join(folder, snapshotName(stream.zxid));
  try {
    const file = await disk.create(unfinished, { durable: false });
    try {
      await stream.write(new SummedFile(file));
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
  } finally {
    stream[Symbol.dispose]();
  }
}

class SnapshotStream implements Disposable {
  readonly #nodes: FrozenTree;
  readonly #sessions: readonly (readonly [id: bigint, timeoutMs: number])[];
  readonly #source: SnapshotSource;
  readonly #acls = new AclTable();
  /** Takes nodes at any time, while what the other one holds is being written. */
  #gathering = new JuteWriter(SLICE_BYTES * 2);
  #writing = new JuteWriter(SLICE_BYTES * 2);

  constructor(source: SnapshotSource) {
    this.#source = source;
    this.#sessions = [...source.sessions];
    this.#nodes = new FrozenTree(source.tree, (path, node) => {
      this.#acls.add(node.acl);
      this.#gathering.string(path === '/' ? '' : path);
      writeNode(this.#gathering, node, this.#acls);
    });
  }

  /** The last transaction that it holds. */
  get zxid(): bigint {
    return this.#nodes.zxid;
  }

  async write(file: SummedFile): Promise<void> {
    await this.#collectAcls();
    await this.#append(file, (output) => {
      output.raw(SNAPSHOT_HEADER);
      output.int(this.#sessions.length);
      for (const [id, timeoutMs] of this.#sessions) {
        output.long(id);
        output.int(timeoutMs);
      }
      this.#acls.write(output);
    });
    for (const [path, node] of this.#nodes.waiting()) {
      this.#nodes.handOut(path, node);
      if (this.#gathering.length >= SLICE_BYTES) await this.#flush(file);
    }
    await this.#flush(file);
    await this.#append(file, (output) => output.string(END_PATH));
    await this.#seal(file);
    await this.#append(file, (output) => {
      output.long(this.zxid);
      output.int(DIGEST_VERSION);
      output.long(this.#nodes.digest);
    });
    await this.#seal(file);
  }

  [Symbol.dispose](): void {
    this.#nodes[Symbol.dispose]();
  }

  /** The table of ACLs comes before the nodes that refer to it. */
  async #collectAcls(): Promise<void> {
    let count = 0;
    for (const [, node] of this.#nodes.waiting()) {
      this.#acls.add(node.acl);
      if (++count % NODES_PER_SLICE > 0) continue;
      this.#source.signal.throwIfAborted();
      await this.#source.nextTurn();
    }
  }

  /** Writes the nodes that have gathered; more may gather meanwhile. */
  async #flush(file: SummedFile): Promise<void> {
    this.#source.signal.throwIfAborted();
    [this.#gathering, this.#writing] = [this.#writing, this.#gathering];
    await file.append(this.#writing.view(0));
    if (this.#writing.length > MAX_KEPT_BYTES) this.#writing = new JuteWriter(SLICE_BYTES * 2);
    else this.#writing.rewind(0);
  }

  async #append(file: SummedFile, fill: (output: JuteWriter) => void): Promise<void> {
    const output = new JuteWriter();
    fill(output);
    await file.append(output.take());
  }

  #seal(file: SummedFile): Promise<void> {
    const { checksum } = file;
    return this.#append(file, (output) => {
      output.long(BigInt(checksum));
      output.string(END_PATH);
    });
  }
}

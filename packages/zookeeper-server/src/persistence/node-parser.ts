import { DataNode } from '../tree/data-node.ts';
import { NO_OWNER } from '../tree/owner.ts';
import { type AclTable, END_PATH, MISSING_ACL, NODE_TAIL_BYTES } from './snapshot-format.ts';

const INT_BYTES = 4;
const END_CHAR = END_PATH.charCodeAt(0);

/** What {@link NodeParser.next} found. */
export type Parsed = 'node' | 'end' | 'more';

/**
 * Reads the nodes of a snapshot out of a piece of the file (as `writeNode` writes them). Starting with a million nodes
 * spends its time here (`bench zookeeper-server --only nodes`): there is no object but the node, and equal zxids are one.
 */
export class NodeParser {
  readonly #acls: AclTable;
  #bytes: Buffer = Buffer.alloc(0);
  #view: DataView = new DataView(this.#bytes.buffer);
  #at = 0;
  #path = '';
  #node: DataNode | null = null;
  #wanted = 0;

  constructor(acls: AclTable) {
    this.#acls = acls;
  }

  /** Goes on with the bytes that follow, of which there may be more later. */
  reset(bytes: Buffer): void {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#at = 0;
  }

  /** How far it has come in the bytes given to {@link reset}. */
  get consumed(): number {
    return this.#at;
  }

  /** How many bytes must be there from {@link consumed} on, after `more`. */
  get wanted(): number {
    return this.#wanted;
  }

  /** Path of the node, after `node`. */
  get path(): string {
    return this.#path;
  }

  /** The node, after `node`; what it holds are copies. */
  get node(): DataNode {
    if (this.#node === null) throw new Error('no node was read');
    return this.#node;
  }

  /** Takes the next node, or the end mark; does nothing if not all of it is there. */
  next(): Parsed {
    const start = this.#at;
    const left = this.#bytes.length - start;
    if (left < INT_BYTES + END_PATH.length) return this.#needs(INT_BYTES + END_PATH.length);
    const pathBytes = Math.max(0, this.#view.getInt32(start));
    const pathAt = start + INT_BYTES;
    if (pathBytes === END_PATH.length && this.#bytes[pathAt] === END_CHAR) {
      this.#at = pathAt + pathBytes;
      return 'end';
    }
    const dataAt = pathAt + pathBytes + INT_BYTES;
    if (dataAt - start > left) return this.#needs(dataAt - start);
    const length = this.#view.getInt32(dataAt - INT_BYTES);
    const tailAt = dataAt + Math.max(0, length);
    const end = tailAt + NODE_TAIL_BYTES;
    if (end - start > left) return this.#needs(end - start);
    const path = this.#bytes.toString('utf8', pathAt, pathAt + pathBytes);
    this.#path = path === '' ? '/' : path;
    this.#node = this.#readTail(tailAt, length < 0 ? null : this.#copy(dataAt, tailAt));
    this.#at = end;
    return 'node';
  }

  #needs(bytes: number): 'more' {
    this.#wanted = bytes;
    return 'more';
  }

  #copy(start: number, end: number): Buffer {
    const data = Buffer.allocUnsafe(end - start);
    this.#bytes.copy(data, 0, start, end);
    return data;
  }

  #readTail(at: number, data: Buffer | null): DataNode {
    const view = this.#view;
    const acl = this.#acls.get(view.getBigInt64(at)) ?? MISSING_ACL;
    const zxid = view.getBigInt64(at + 8);
    const owner = this.#isZero(at + 52) ? NO_OWNER : view.getBigInt64(at + 52);
    const node = new DataNode({ data, acl, zxid, time: this.#time(at + 24), owner });
    if (!this.#isSame(at + 16, at + 8)) node.mzxid = view.getBigInt64(at + 16);
    node.mtime = this.#time(at + 32);
    node.version = view.getInt32(at + 40);
    node.cversion = view.getInt32(at + 44);
    node.aversion = view.getInt32(at + 48);
    if (!this.#isSame(at + 60, at + 8)) node.pzxid = view.getBigInt64(at + 60);
    return node;
  }

  #time(at: number): number {
    return this.#view.getInt32(at) * 0x1_0000_0000 + this.#view.getUint32(at + 4);
  }

  #isZero(at: number): boolean {
    return this.#view.getInt32(at) === 0 && this.#view.getInt32(at + 4) === 0;
  }

  #isSame(at: number, other: number): boolean {
    const view = this.#view;
    return (
      view.getInt32(at + 4) === view.getInt32(other + 4) &&
      view.getInt32(at) === view.getInt32(other)
    );
  }
}

import { JuteWriter } from '@mpim/zookeeper/protocol';
import type { DataNode } from '../tree/data-node.ts';

const MAX_NODES = 400;
const MAX_BYTES = 16 << 20;

interface Entry {
  /** Of the node when its children were encoded: each creation and deletion of a child changes it. */
  readonly pzxid: bigint;
  readonly bytes: Buffer;
}

/**
 * The lists of children that were read last, as they go over the wire: encoding twenty names took three times as
 * long as all else about an answer (`bench zookeeper-server`, getChildren; ZooKeeper: `ResponseCache`).
 */
export class ChildrenCache {
  readonly #entries = new Map<DataNode, Entry>();
  #bytes = 0;

  /** Writes the names of a node's children as a vector of strings. */
  write(output: JuteWriter, node: DataNode): void {
    output.raw(this.#encoded(node));
  }

  #encoded(node: DataNode): Buffer {
    const known = this.#entries.get(node);
    if (known !== undefined) {
      if (known.pzxid === node.pzxid) return known.bytes;
      this.#forget(node, known);
    }
    const bytes = encode(node);
    if (bytes.length > MAX_BYTES) return bytes;
    this.#entries.set(node, { pzxid: node.pzxid, bytes });
    this.#bytes += bytes.length;
    for (const [oldest, entry] of this.#entries) {
      if (this.#entries.size <= MAX_NODES && this.#bytes <= MAX_BYTES) break;
      this.#forget(oldest, entry);
    }
    return bytes;
  }

  #forget(node: DataNode, { bytes }: Entry): void {
    this.#entries.delete(node);
    this.#bytes -= bytes.length;
  }
}

function encode(node: DataNode): Buffer {
  const output = new JuteWriter(4 + node.childCount * 16);
  output.int(node.childCount);
  for (const name of node.children) output.string(name);
  return output.take();
}

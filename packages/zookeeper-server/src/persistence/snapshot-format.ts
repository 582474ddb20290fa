import {
  type Acl,
  type JuteReader,
  type JuteWriter,
  OPEN_ACL,
  readAcl,
  writeAcl,
} from '@mpim/zookeeper/protocol';
import { sharedAcl } from '../acl/shared-acl.ts';
import type { DataNode } from '../tree/data-node.ts';

/** Bytes a snapshot begins with: "ZKSN", version 2, database id -1 (ZooKeeper: `FileSnap`). */
export const SNAPSHOT_HEADER: Buffer = Buffer.from('5a4b534e00000002ffffffffffffffff', 'hex');

/** Path that says that no node follows, and closes a checksum. */
export const END_PATH = '/';

/** Bytes of a seal: checksum and {@link SEAL_END}. */
export const SEAL_BYTES = 13;

/** {@link END_PATH} as it stands behind a checksum. */
export const SEAL_END: Buffer = Buffer.from('000000012f', 'hex');

/** Bytes of a node behind its data: number of its ACL, stored stat. */
export const NODE_TAIL_BYTES = 68;

/** Number of the ACL that lets everybody do everything (ZooKeeper: `ReferenceCountedACLCache`). */
const OPEN_ACL_ID = -1n;

/**
 * What a node has whose ACL is not in the table, as Apache ZooKeeper writes a node that got it meanwhile: nobody may
 * do anything with it, until the transaction that gave it the ACL is replayed.
 */
export const MISSING_ACL: readonly Acl[] = Object.freeze([]);

/** The different ACLs of a tree, each with the number that nodes refer to it by. */
export class AclTable {
  readonly #ids = new Map<readonly Acl[], bigint>();
  readonly #byText = new Map<string, bigint>();
  readonly #acls = new Map<bigint, readonly Acl[]>();

  /** Gives an ACL a number unless it, or one of the same content, has one. */
  add(acl: readonly Acl[]): void {
    if (acl === OPEN_ACL || this.#ids.has(acl)) return;
    const text = JSON.stringify(acl);
    const known = this.#byText.get(text);
    const id = known ?? BigInt(this.#acls.size + 1);
    this.#ids.set(acl, id);
    if (known !== undefined) return;
    this.#byText.set(text, id);
    this.#acls.set(id, acl);
  }

  /** The number of an ACL that was added. */
  idOf(acl: readonly Acl[]): bigint {
    const id = acl === OPEN_ACL ? OPEN_ACL_ID : this.#ids.get(acl);
    if (id === undefined) throw new Error('an ACL that is not in the table');
    return id;
  }

  /** The ACL with a number, or undefined. */
  get(id: bigint): readonly Acl[] | undefined {
    return id === OPEN_ACL_ID ? OPEN_ACL : this.#acls.get(id);
  }

  write(output: JuteWriter): void {
    output.int(this.#acls.size);
    for (const [id, acl] of this.#acls) {
      output.long(id);
      output.vector(acl, writeAcl);
    }
  }

  /** Takes one entry of the table as {@link write} writes it. */
  readEntry(input: JuteReader): void {
    this.#acls.set(input.long(), sharedAcl(input.vector(readAcl)));
  }
}

/** Writes what stands behind a node's path: data, ACL, stored stat (ZooKeeper: `StatPersisted`); `NodeParser` reads it. */
export function writeNode(output: JuteWriter, node: DataNode, acls: AclTable): void {
  output.buffer(node.data);
  output.long(acls.idOf(node.acl));
  output.long(node.czxid);
  output.long(node.mzxid);
  output.longNumber(node.ctime);
  output.longNumber(node.mtime);
  output.int(node.version);
  output.int(node.cversion);
  output.int(node.aversion);
  output.long(node.ephemeralOwner);
  output.long(node.pzxid);
}

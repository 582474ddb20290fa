import { writeFile } from 'node:fs/promises';
import { JuteWriter } from '@mpim/zookeeper/protocol';
import { ADLER_START, adler32 } from '../../src/persistence/adler32.ts';
import {
  AclTable,
  END_PATH,
  SNAPSHOT_HEADER,
  writeNode,
} from '../../src/persistence/snapshot-format.ts';
import type { DataTree } from '../../src/tree/data-tree.ts';
import { DIGEST_VERSION } from '../../src/tree/tree-digest.ts';

/**
 * Writes a snapshot as Apache ZooKeeper does: each node as it is when its turn comes, while the tree changes
 * (`meanwhile`) after each; the list of its children is the one it had then. Returns the
 * transaction it began after. `digestError`: what its digest is off by.
 */
export async function writeFuzzySnapshot(
  path: string,
  tree: DataTree,
  meanwhile: () => void,
  digestError = 0n,
): Promise<bigint> {
  const zxid = tree.lastZxid;
  const output = new JuteWriter();
  const acls = new AclTable();
  for (const [, node] of tree.entries()) acls.add(node.acl);
  output.raw(SNAPSHOT_HEADER);
  output.int(0);
  acls.write(output);
  const open = ['/'];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const node = tree.get(at);
    if (node === undefined) continue;
    // An ACL that was not there before gets a number that the table, already written, does not have.
    acls.add(node.acl);
    output.string(at === '/' ? '' : at);
    writeNode(output, node, acls);
    const prefix = at === '/' ? at : `${at}/`;
    for (const name of [...node.children].reverse()) open.push(prefix + name);
    meanwhile();
  }
  output.string(END_PATH);
  seal(output);
  output.long(tree.lastZxid);
  output.int(DIGEST_VERSION);
  output.long((tree.digest?.value ?? 0n) + digestError);
  seal(output);
  await writeFile(path, output.take());
  return zxid;
}

function seal(output: JuteWriter): void {
  const bytes = output.view(0);
  const checksum = adler32(bytes, 0, bytes.length, ADLER_START);
  output.long(BigInt(checksum));
  output.string(END_PATH);
}

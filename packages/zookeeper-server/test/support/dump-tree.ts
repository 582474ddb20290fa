import assert from 'node:assert/strict';
import {
  type Acl,
  type JuteReader,
  joinPath,
  OpCode,
  readGetAclResponse,
  readGetChildrenResponse,
  readGetDataResponse,
  type Stat,
  writeAuthPacket,
  writeGetAclRequest,
  writePathWatchRequest,
} from '@mpim/zookeeper/protocol';
import type { DataTree } from '../../src/tree/data-tree.ts';
import { RawClient, requestFrame } from './raw-client.ts';

/** Digest of the user "super" with the password "test", who may read everything. */
export const SUPER_DIGEST = 'super:D/InIHSb7yEEbrWz8b9l71RjZJU=';

/** All that a client can see of a node. */
export interface DumpedNode {
  readonly data: string | null;
  readonly stat: Stat;
  readonly acl: readonly Acl[];
  readonly children: readonly string[];
}

/** Reads the tree below a path of a server whose super user has {@link SUPER_DIGEST}. */
export async function dumpTree(port: number, root = '/'): Promise<Record<string, DumpedNode>> {
  using client = await RawClient.open(port);
  await becomeSuper(client);
  const nodes: Record<string, DumpedNode> = {};
  for (let level = [root]; level.length > 0; ) {
    const dumped = await dumpLevel(client, level);
    level = dumped.flatMap(([path, node]) => node.children.map((name) => joinPath(path, name)));
    Object.assign(nodes, Object.fromEntries(dumped));
  }
  await client.request(OpCode.closeSession);
  return nodes;
}

/** The same of a tree at hand. */
export function dumpOf(tree: DataTree): Record<string, DumpedNode> {
  const nodes: Record<string, DumpedNode> = {};
  for (const [path, node] of tree.entries()) {
    const data = node.data?.toString('hex') ?? null;
    nodes[path] = { data, stat: node.stat(), acl: node.acl, children: [...node.children].sort() };
  }
  return nodes;
}

/** From now on no ACL stops a client. */
export async function becomeSuper(client: RawClient): Promise<void> {
  const auth = { type: 0, scheme: 'digest', auth: Buffer.from('super:test') };
  await client.request(OpCode.auth, (output) => writeAuthPacket(output, auth), -4);
}

async function dumpLevel(
  client: RawClient,
  paths: readonly string[],
): Promise<[path: string, node: DumpedNode][]> {
  const from = client.received.length;
  for (const path of paths) {
    const value = { path, watch: false };
    for (const op of [OpCode.getData, OpCode.getChildren]) {
      client.socket.write(requestFrame(op, 1, (output) => writePathWatchRequest(output, value)));
    }
    client.socket.write(requestFrame(OpCode.getACL, 1, (out) => writeGetAclRequest(out, value)));
  }
  await client.ping();
  const replies = client.received.slice(from);
  const bodyOf = (index: number): JuteReader => {
    const item = replies[index];
    assert.ok(
      item?.kind === 'reply' && item.reply.error === 0,
      `${JSON.stringify(paths)} ${index}`,
    );
    return item.reply.body;
  };
  return paths.map((path, i) => {
    const { data, stat } = readGetDataResponse(bodyOf(i * 3));
    const { children } = readGetChildrenResponse(bodyOf(i * 3 + 1));
    const { acl } = readGetAclResponse(bodyOf(i * 3 + 2));
    const node = { data: data?.toString('hex') ?? null, stat, acl, children: children.toSorted() };
    return [path, node];
  });
}

import assert from 'node:assert/strict';
import {
  type Acl,
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
import { RawClient } from './raw-client.ts';

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
  const auth = { type: 0, scheme: 'digest', auth: Buffer.from('super:test') };
  await client.request(OpCode.auth, (output) => writeAuthPacket(output, auth), -4);
  const nodes: Record<string, DumpedNode> = {};
  const open = [root];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const node = await dumpNode(client, path);
    nodes[path] = node;
    for (const name of node.children) open.push(joinPath(path, name));
  }
  await client.request(OpCode.closeSession);
  return nodes;
}

async function dumpNode(client: RawClient, path: string): Promise<DumpedNode> {
  const read = async (op: number, write = writePathWatchRequest) => {
    const reply = await client.request(op, (output) => write(output, { path, watch: false }));
    assert.ok(reply, `the server hung up over ${path}`);
    assert.equal(reply.error, 0, `${path}: ${reply.error}`);
    return reply.body;
  };
  const { data, stat } = readGetDataResponse(await read(OpCode.getData));
  const { acl } = readGetAclResponse(await read(OpCode.getACL, writeGetAclRequest));
  const { children } = readGetChildrenResponse(await read(OpCode.getChildren));
  return { data: data?.toString('hex') ?? null, stat, acl, children: children.toSorted() };
}

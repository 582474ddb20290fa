import { randomUUID } from 'node:crypto';
import { untilAnswered } from '../client/compound/until-answered.ts';
import { ZooKeeperError } from '../client/errors.ts';
import type { ZooKeeperClient } from '../client/zookeeper-client.ts';
import { type Acl, joinPath } from '../protocol/index.ts';

/** A node that a recipe has created and answers for. */
export interface ProtectedNode {
  readonly path: string;
  readonly czxid: bigint;
}

/**
 * Creates an ephemeral sequential node even if the answer to the create is lost: the name carries a
 * UUID, by which the node is found again below its parent. A node so found that belongs to another
 * session than the current one is about to go with it; it is deleted and another one made.
 * (Curator: protected mode, CURATOR-498.) The name is `_c_<uuid>-<name><counter>`, as Curator's.
 */
export async function createProtectedNode(
  zk: ZooKeeperClient,
  parent: string,
  name: string,
  data: string | null,
  acl: readonly Acl[] | undefined,
): Promise<ProtectedNode> {
  for (;;) {
    const prefix = `_c_${randomUUID()}-${name}`;
    try {
      const options = { mode: 'ephemeral-sequential' as const, acl };
      const { path, stat } = await zk.create(joinPath(parent, prefix), data, options);
      if (stat.ephemeralOwner === zk.sessionId) return { path, czxid: stat.czxid };
      await deleteSurely(zk, path);
    } catch (error) {
      if (!(error instanceof ZooKeeperError) || !error.sent) throw error;
      const found = await findOwn(zk, parent, prefix);
      if (found !== null) return found;
    }
  }
}

/** Deletes a node however often the connection is cut. Content if it is gone, or goes with its session. */
export async function deleteSurely(zk: ZooKeeperClient, path: string): Promise<void> {
  try {
    await untilAnswered(() => zk.delete(path));
  } catch (error) {
    if (!(error instanceof ZooKeeperError) || !GONE.has(error.code)) throw error;
  }
}

const GONE: ReadonlySet<string> = new Set(['NO_NODE', 'SESSION_EXPIRED', 'CLOSED', 'AUTH_FAILED']);

async function findOwn(
  zk: ZooKeeperClient,
  parent: string,
  prefix: string,
): Promise<ProtectedNode | null> {
  const { children } = await untilAnswered(() => zk.children(parent));
  const name = children.find((child) => child.startsWith(prefix));
  if (name === undefined) return null;
  const path = joinPath(parent, name);
  const stat = await untilAnswered(() => zk.exists(path));
  if (stat?.ephemeralOwner === zk.sessionId) return { path, czxid: stat.czxid };
  if (stat !== null) await deleteSurely(zk, path);
  return null;
}

import { joinPath } from '../../protocol/index.ts';
import type { CallOptions } from '../calls/call-options.ts';
import { ZooKeeperError } from '../errors.ts';
import type { NodeChildren } from '../operations/node-data.ts';
import { untilAnswered } from './until-answered.ts';

/** Calls under way at once. */
const BATCH = 500;

/** What {@link deleteRecursive} needs of a client. */
export interface Tree {
  readonly chroot: string;
  children(path: string, options: CallOptions): Promise<NodeChildren>;
  delete(path: string, options: CallOptions): Promise<void>;
}

/** Deletes `path` and all below it, deepest first; begins anew while others add nodes. */
export async function deleteRecursive(zk: Tree, path: string, options: CallOptions): Promise<void> {
  if (path === '/' && zk.chroot === '') {
    const message = 'the root cannot be deleted; name the nodes below it';
    throw new ZooKeeperError('BAD_ARGUMENTS', message, { path });
  }
  for (let emptied = false; !emptied; ) {
    const nodes = await subtree(zk, path, options);
    emptied = true;
    await inBatches(nodes.reverse(), async (node) => {
      const deleted = await unlessCode(['NO_NODE', 'NOT_EMPTY'], () => zk.delete(node, options));
      if (deleted === 'NOT_EMPTY') emptied = false;
    });
  }
}

/** The node and all below it, parents before their children. */
async function subtree(zk: Tree, path: string, options: CallOptions): Promise<string[]> {
  const nodes = [path];
  const addChildren = async (node: string) => {
    const { children } = await zk.children(node, options);
    for (const child of children) nodes.push(joinPath(node, child));
  };
  for (let seen = 0; seen < nodes.length; ) {
    const level = nodes.slice(seen);
    seen = nodes.length;
    await inBatches(level, async (node) => {
      await unlessCode(['NO_NODE'], () => addChildren(node));
    });
  }
  return nodes;
}

async function inBatches(items: string[], work: (item: string) => Promise<void>): Promise<void> {
  for (let at = 0; at < items.length; at += BATCH) {
    await Promise.all(items.slice(at, at + BATCH).map(work));
  }
}

/** Does the work however often the connection is cut; answers with the error's code if it is one of these. */
async function unlessCode<T>(codes: string[], work: () => Promise<T>): Promise<T | string> {
  try {
    return await untilAnswered(work);
  } catch (error) {
    if (error instanceof ZooKeeperError && codes.includes(error.code)) return error.code;
    throw error;
  }
}

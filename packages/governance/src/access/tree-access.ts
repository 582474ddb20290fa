import { type Acl, joinPath, parentPath, type ZooKeeperClient } from '@mpim/zookeeper';
import { CONFIG_ROOT, isServiceName, SERVICES_ROOT, seedServicePath } from '../tree.ts';
import { hasCode, isMissing } from '../zookeeper-faults.ts';
import { isOpen, isSameAcl } from './acls.ts';

/** Who may change a node. */
export type NodeAccess =
  /** As wanted. */
  | 'as-wanted'
  /** Somebody without credentials may change it, delete what is below, or change who may. */
  | 'open'
  /** Only identities that are not the wanted ones, or not all of them, may change it. */
  | 'other';

/** One node of the tree that services live by. */
export interface NodeReport {
  readonly path: string;
  /** As it was found. */
  readonly access: NodeAccess;
  /** Whether it has the wanted ACL since. */
  readonly changed: boolean;
}

/** What {@link treeAccess} is to do. */
export interface TreeAccessOptions {
  /** Who is to have which rights on each node. */
  readonly acl: readonly Acl[];
  /** Whether to set them where they are others; only to look unless told. */
  readonly change?: boolean;
  /** Whether to include `/` when there is no chroot: it may be others' as well. A chroot is always included. */
  readonly root?: boolean;
}

const CONFIG_PARENT = parentPath(CONFIG_ROOT);

/**
 * Every node that registry and config centre keep, from the top down, with who may change it: the chroot, `/services`,
 * `/config` and all that is below them, and `/<Service>` with its methods. A node is changed before its children are
 * listed, so nothing is added in between by somebody who may not. Nodes that go meanwhile are left out.
 *
 * Throws `ZooKeeperError` NO_AUTH, with the path, when the client's identity may not look at or change a node.
 *
 * @example
 * for await (const { path, access } of treeAccess(zk, { acl })) if (access === 'open') console.log(path);
 */
export async function* treeAccess(
  zk: ZooKeeperClient,
  options: TreeAccessOptions,
): AsyncGenerator<NodeReport, void, undefined> {
  if (zk.chroot !== '' || options.root === true) {
    const root = await report(zk, '/', options);
    if (root !== undefined) yield root;
  }
  const services: string[] = [];
  for await (const each of below(zk, SERVICES_ROOT, options)) {
    const [service, ...rest] = each.path.slice(SERVICES_ROOT.length + 1).split('/');
    if (service && rest.length === 0 && isServiceName(service)) services.push(service);
    yield each;
  }
  yield* below(zk, CONFIG_PARENT, options);
  for (const service of services) yield* below(zk, seedServicePath(service), options);
}

/** Those of the nodes that somebody without credentials may change. */
export async function openNodes(zk: ZooKeeperClient, paths: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    paths.map(async (path) => {
      try {
        return isOpen((await zk.getAcl(path)).acl);
      } catch (error) {
        if (isMissing(error) || hasCode(error, 'NO_AUTH')) return false;
        throw error;
      }
    }),
  );
  return paths.filter((_, index) => found[index]);
}

async function* below(
  zk: ZooKeeperClient,
  path: string,
  options: TreeAccessOptions,
): AsyncGenerator<NodeReport, void, undefined> {
  const pending = [path];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const found = await report(zk, next, options);
    if (found === undefined) continue;
    yield found;
    try {
      const { children } = await zk.children(next);
      for (const child of children) pending.push(joinPath(next, child));
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }
}

/** Looks at one node, and changes it if that is wanted; undefined when it is not there. */
async function report(
  zk: ZooKeeperClient,
  path: string,
  { acl, change = false }: TreeAccessOptions,
): Promise<NodeReport | undefined> {
  for (;;) {
    try {
      const { acl: found, stat } = await zk.getAcl(path);
      if (isSameAcl(found, acl)) return { path, access: 'as-wanted', changed: false };
      const access = isOpen(found) ? 'open' : 'other';
      if (change) await zk.setAcl(path, acl, { version: stat.aversion });
      return { path, access, changed: change };
    } catch (error) {
      if (isMissing(error)) return undefined;
      // Somebody else has set it since it was read.
      if (!hasCode(error, 'BAD_VERSION')) throw error;
    }
  }
}

import type { ZooKeeperClient } from '@mpim/zookeeper';
import { ZooKeeperError } from '@mpim/zookeeper';
import { joinPath } from '@mpim/zookeeper/protocol';

/** A path and all that is below it, parents before children, siblings sorted (zkCli: `ls -R`). */
export async function* listTree(zk: ZooKeeperClient, path: string): AsyncGenerator<string> {
  const { children } = await zk.children(path);
  yield path;
  for (const child of children.sort()) {
    try {
      yield* listTree(zk, joinPath(path, child));
    } catch (error) {
      // Gone since its parent was read.
      if (!(error instanceof ZooKeeperError && error.code === 'NO_NODE')) throw error;
    }
  }
}

import { ZooKeeperClient } from '@mpim/zookeeper';
import type { Peer } from './closed-loop.ts';

/** Our client. */
export async function connectMpim(connectString: string): Promise<Peer> {
  const zk = await ZooKeeperClient.connect({ connectString });
  return {
    create: (path, data) => zk.create(path, data),
    set: (path, data) => zk.set(path, data),
    get: (path) => zk.get(path),
    getChildren: (path) => zk.children(path),
    async getAndWatch(path, fired) {
      const { watch } = await zk.getAndWatch(path);
      watch.event.then(fired);
    },
  };
}

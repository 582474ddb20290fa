import { ZooKeeperClient } from '@mpim/zookeeper';
import { explain } from './explain.ts';

/** How long a one-off command waits for a server, in ms. */
const CONNECT_TIMEOUT_MS = 6_000;

/** Does something with a ZooKeeper and closes the session; refusals come out as CommandError in plain words. */
export async function withZooKeeper<Result>(
  server: string,
  work: (zk: ZooKeeperClient) => Promise<Result>,
): Promise<Result> {
  try {
    await using zk = await ZooKeeperClient.connect({
      connectString: server,
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
    });
    return await work(zk);
  } catch (error) {
    throw explain(error, server);
  }
}

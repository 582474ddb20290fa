import { ZooKeeperClient } from '@mpim/zookeeper';
import { explain } from './explain.ts';

/** How long a one-off command waits for a server, in ms. */
const CONNECT_TIMEOUT_MS = 4_000;

/** The servers a command talks to unless told: `MPIM_ZOOKEEPER`, or the embedded server's usual place. */
export function defaultServer(): string {
  return process.env.MPIM_ZOOKEEPER || '127.0.0.1:2181';
}

/** The option that names them, in zkCli's spelling and in that of the other commands; commander knows it as `zookeeper`. */
export const ZOOKEEPER_OPTION = '--server, --zookeeper <servers>';

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

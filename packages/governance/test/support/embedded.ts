import { ZooKeeperClient } from '@mpim/zookeeper';
import { ZooKeeperServer } from '@mpim/zookeeper-server';

/** Sessions may be short here, so that tests see them end. */
export function startServer(port = 0): Promise<ZooKeeperServer> {
  return ZooKeeperServer.start({ port, tickTimeMs: 100, maxClientConnections: 0 });
}

/** A client whose session is renewed when it expires, as every service's is. */
export function connect(
  server: { readonly connectString: string },
  sessionTimeoutMs = 2_000,
): Promise<ZooKeeperClient> {
  return ZooKeeperClient.connect({
    connectString: server.connectString,
    sessionTimeoutMs,
    renewExpiredSession: true,
  });
}

/** The data of a node as text and its owner; `undefined` when it is not there. */
export async function look(
  zk: ZooKeeperClient,
  path: string,
): Promise<{ text: string; owner: bigint; czxid: bigint } | undefined> {
  if ((await zk.exists(path)) === null) return undefined;
  const { data, stat } = await zk.get(path);
  return { text: String(data), owner: stat.ephemeralOwner, czxid: stat.czxid };
}

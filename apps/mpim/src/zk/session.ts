import { type TlsFiles, ZooKeeperClient, type ZooKeeperClientOptions } from '@mpim/zookeeper';
import { explain } from './explain.ts';

/** How long a one-off command waits for a server, in ms. */
const CONNECT_TIMEOUT_MS = 4_000;

/** The servers a command talks to unless told: `MPIM_ZOOKEEPER`, or the embedded server's usual place. */
export function defaultServer(): string {
  return process.env.MPIM_ZOOKEEPER || '127.0.0.1:2181';
}

/** The option that names them, in zkCli's spelling and in that of the other commands; commander knows it as `zookeeper`. */
export const ZOOKEEPER_OPTION = '--server, --zookeeper <servers>';

/** TLS to the servers as the services are told of it: `MPIM_ZOOKEEPER_TLS_CA`, `…_CERT`, `…_KEY`, `…_NAME`. */
async function tlsFromEnvironment(): Promise<TlsFiles | undefined> {
  const { env } = process;
  if (!Object.keys(env).some((name) => name.startsWith('MPIM_ZOOKEEPER_TLS_'))) return undefined;
  const { zookeeperTls } = await import('@mpim/service-kit');
  const tls = zookeeperTls({
    zookeeperTlsCa: env.MPIM_ZOOKEEPER_TLS_CA ?? '',
    zookeeperTlsCert: env.MPIM_ZOOKEEPER_TLS_CERT ?? '',
    zookeeperTlsKey: env.MPIM_ZOOKEEPER_TLS_KEY ?? '',
    zookeeperTlsName: env.MPIM_ZOOKEEPER_TLS_NAME ?? '',
  });
  tls?.on('refused', ({ message }) =>
    console.error(`mpim: Going on with the old certificates: ${message}.`),
  );
  return tls;
}

/** Does something with a ZooKeeper and closes the session; refusals come out as CommandError in plain words. */
export async function withZooKeeper<Result>(
  server: string,
  work: (zk: ZooKeeperClient) => Promise<Result>,
  security: Pick<ZooKeeperClientOptions, 'tls' | 'sasl' | 'auth'> = {},
): Promise<Result> {
  try {
    await using zk = await ZooKeeperClient.connect({
      connectString: server,
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      ...security,
      tls: security.tls ?? (await tlsFromEnvironment()),
    });
    return await work(zk);
  } catch (error) {
    throw explain(error, server);
  }
}

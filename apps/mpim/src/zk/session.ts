import type { ZooKeeperAuth } from '@mpim/service-kit';
import { type TlsFiles, ZooKeeperClient } from '@mpim/zookeeper';
import type { Command } from 'commander';
import { addPacketOptions, type ZooKeeperPacketLimits } from '../terminal/packet-options.ts';
import { explain } from './explain.ts';

/** How long a one-off command waits for a server, in ms. */
const CONNECT_TIMEOUT_MS = 4_000;

/** Which servers a command talks to, and who it is to them; from {@link addServerOptions}. */
export interface ServerOptions extends ZooKeeperPacketLimits {
  /** `host:port[,host:port][/chroot]`. */
  readonly zookeeper: string;
  /** File with the identities to show; empty: none. */
  readonly zookeeperAuthFile: string;
}

/** What a command works with. */
export interface ZooKeeperWork {
  readonly zk: ZooKeeperClient;
  /** Who it is to the servers; undefined: nobody. */
  readonly auth: ZooKeeperAuth | undefined;
}

/**
 * Adds the flags of {@link ServerOptions}: the servers in zkCli's spelling and in that of the other commands, or
 * `MPIM_ZOOKEEPER`, or the embedded server's usual place; the identities, or `MPIM_ZOOKEEPER_AUTH_FILE`, or none; how
 * long requests and answers may be.
 */
export function addServerOptions(command: Command, servers = 'ZooKeeper'): Command {
  const withServers = command.option(
    '--server, --zookeeper <servers>',
    `${servers}, host:port[,host:port][/chroot]`,
    process.env.MPIM_ZOOKEEPER || '127.0.0.1:2181',
  );
  return addPacketOptions(addAuthOption(withServers));
}

/** The flag for the identities alone. */
export function addAuthOption(command: Command): Command {
  return command.option(
    '--zookeeper-auth-file <file>',
    'who to be to ZooKeeper: lines "digest user:password" or "sasl user:password"',
    process.env.MPIM_ZOOKEEPER_AUTH_FILE ?? '',
  );
}

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

async function identities(file: string): Promise<ZooKeeperAuth | undefined> {
  if (file === '') return undefined;
  const { loadZooKeeperAuth } = await import('@mpim/service-kit');
  const auth = loadZooKeeperAuth(file, (error) =>
    console.error(`mpim: Going on with the last password: ${(error as Error).message}`),
  );
  for (const warning of auth?.warnings ?? []) console.error(`mpim: ${warning}`);
  return auth;
}

/** Does something with a ZooKeeper and closes the session; refusals come out as CommandError in plain words. */
export async function withZooKeeper<Result>(
  options: ServerOptions,
  work: (with_: ZooKeeperWork) => Promise<Result>,
  security: { readonly tls?: TlsFiles | undefined } = {},
): Promise<Result> {
  const { zookeeper } = options;
  const auth = await identities(options.zookeeperAuthFile);
  const tls = security.tls ?? (await tlsFromEnvironment());
  try {
    await using zk = await ZooKeeperClient.connect({
      connectString: zookeeper,
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      maxPacketBytes: options.zookeeperMaxPacketBytes,
      maxAnswerBytes: options.zookeeperMaxAnswerBytes,
      tls,
      auth: auth?.auth,
      sasl: auth?.sasl,
    });
    return await work({ zk, auth });
  } catch (error) {
    throw explain(error, zookeeper, auth?.file);
  }
}

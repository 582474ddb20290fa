import type { RpcTlsFiles, ZooKeeperTlsFiles } from '@mpim/service-kit';
import type { Command } from 'commander';

/** Flag and what it names; the environment variable is the setting's own, `MPIM_…`. */
const RPC: readonly (readonly [string, string])[] = [
  ['--rpc-tls-cert <file>', 'certificate for TLS between services, PEM'],
  ['--rpc-tls-key <file>', 'its key'],
  ['--rpc-tls-ca <file>', 'the authority of the services'],
  ['--rpc-tls-name <name>', 'the name in their certificates, instead of their address'],
];

const ZOOKEEPER: readonly (readonly [string, string])[] = [
  ['--zookeeper-tls-ca <file>', 'the authority of the ZooKeeper servers: speak TLS to them'],
  ['--zookeeper-tls-cert <file>', 'certificate to show them'],
  ['--zookeeper-tls-key <file>', 'its key'],
  ['--zookeeper-tls-name <name>', 'the name in their certificates, instead of their host'],
];

function add(command: Command, options: readonly (readonly [string, string])[]): Command {
  for (const [flags, description] of options) {
    const name = flags.slice(2, flags.indexOf(' '));
    const variable = `MPIM_${name.replaceAll('-', '_').toUpperCase()}`;
    command.option(flags, description, process.env[variable] ?? '');
  }
  return command;
}

/** Adds the flags of {@link RpcTlsFiles}: empty unless given or in the environment. */
export function addRpcTlsOptions(command: Command): Command {
  return add(command, RPC);
}

/** Adds the flags of {@link ZooKeeperTlsFiles}: empty unless given or in the environment. */
export function addZooKeeperTlsOptions(command: Command): Command {
  return add(command, ZOOKEEPER);
}

/** The flags as a service takes them, without those that are empty. */
export function tlsFlags(files: Partial<RpcTlsFiles & ZooKeeperTlsFiles>): string[] {
  const { rpcTlsCert, rpcTlsKey, rpcTlsCa, rpcTlsName } = files;
  const { zookeeperTlsCa, zookeeperTlsCert, zookeeperTlsKey, zookeeperTlsName } = files;
  const flags = {
    '--rpc-tls-cert': rpcTlsCert,
    '--rpc-tls-key': rpcTlsKey,
    '--rpc-tls-ca': rpcTlsCa,
    '--rpc-tls-name': rpcTlsName,
    '--zookeeper-tls-ca': zookeeperTlsCa,
    '--zookeeper-tls-cert': zookeeperTlsCert,
    '--zookeeper-tls-key': zookeeperTlsKey,
    '--zookeeper-tls-name': zookeeperTlsName,
  };
  return Object.entries(flags).flatMap(([flag, value]) => (value ? [flag, value] : []));
}

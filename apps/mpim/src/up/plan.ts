import { existsSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { ReadyMessage, RpcTlsFiles, ZooKeeperTlsFiles } from '@mpim/service-kit';
import type { ChildSpec } from '../supervisor/supervised-child.ts';
import type { SupervisorOptions } from '../supervisor/supervisor.ts';
import { packetFlags, type ZooKeeperPacketLimits } from '../terminal/packet-options.ts';
import { tlsFlags } from '../terminal/tls-options.ts';

/** What `mpim up` was asked for. */
export interface UpOptions extends ZooKeeperPacketLimits, Partial<RpcTlsFiles & ZooKeeperTlsFiles> {
  readonly dataDir: string;
  /** Port of the embedded ZooKeeper; 0 takes a free one. */
  readonly zookeeperPort: number;
  /** HTTP and WebSocket port of the gateway; 0 takes a free one. */
  readonly gatewayPort: number;
  /** File with who the services are to ZooKeeper; nobody unless given. */
  readonly zookeeperAuthFile?: string;
  /** An existing ensemble, `host:port[,host:port][/chroot]`; the embedded server then stays off. */
  readonly zookeeper?: string;
  readonly logLevel: string;
}

/** Everything listens here: nothing leaves this machine unless a service is told to. */
export const HOST = '127.0.0.1';

/** How the children are ended: callers before those they call, ZooKeeper last. Less than 12 s in all. */
const DRAIN = [
  { name: 'gateway', limitMs: 3_000 },
  { name: 'message', limitMs: 3_000 },
  { name: 'group', limitMs: 1_500 },
  { name: 'presence', limitMs: 1_500 },
  { name: 'user', limitMs: 1_500 },
  { name: 'zookeeper', limitMs: 1_000 },
];

const SERVICES = ['user', 'presence', 'message', 'group', 'gateway'] as const;

const main = join(import.meta.dirname, '..', `main${extname(import.meta.filename)}`);
const home = join(import.meta.dirname, '..', '..');
/** The page as the installed package has it, and as it is built in the repository. */
const WEB_ROOTS = [join(home, 'web'), join(home, '..', 'web', 'dist')];

/** The folder of the logs. */
export function logFolder(dataDir: string): string {
  return join(dataDir, 'logs');
}

/** The children of `mpim up`, and the order in which they start and end. */
export function planUp(options: UpOptions): SupervisorOptions {
  let embedded: ReadyMessage | undefined;
  const child = (name: string, args: ChildSpec['args']): ChildSpec => ({
    name,
    command: process.execPath,
    args: (previous) => ['--disable-warning=ExperimentalWarning', main, ...args(previous)],
    logFile: join(logFolder(options.dataDir), `${name}.log`),
  });
  const zookeeper = child('zookeeper', (previous) => {
    return zookeeperArgs(options, previous);
  });
  const services = SERVICES.map((name) =>
    child(name, (previous) => serviceArgs(name, options, embedded, previous)),
  );
  return {
    stages: options.zookeeper === undefined ? [[zookeeper], services] : [services],
    drain: DRAIN,
    onReady: (name, message) => {
      if (name === 'zookeeper') embedded = message;
    },
  };
}

function zookeeperArgs(options: UpOptions, previous: ReadyMessage | undefined): string[] {
  // Clients know the first incarnation's port, so a later one takes the same.
  const port = previous?.port ?? options.zookeeperPort;
  const dataDir = join(options.dataDir, 'zookeeper');
  return ['zookeeper', '--host', HOST, '--port', String(port), '--data-dir', dataDir];
}

function serviceArgs(
  name: (typeof SERVICES)[number],
  options: UpOptions,
  embedded: ReadyMessage | undefined,
  previous: ReadyMessage | undefined,
): string[] {
  const zookeeper = options.zookeeper ?? `${HOST}:${embedded?.port ?? options.zookeeperPort}`;
  const args = ['serve', name, '--zookeeper', zookeeper, '--data-dir', options.dataDir];
  args.push('--log-level', options.logLevel, '--drain-timeout-ms', '2000');
  // On one machine a silent process is a dead one: its node may go sooner than across a network.
  args.push('--session-timeout-ms', '6000', ...tlsFlags(options), ...packetFlags(options));
  const { zookeeperAuthFile } = options;
  if (zookeeperAuthFile) args.push('--zookeeper-auth-file', zookeeperAuthFile);
  if (name === 'gateway') {
    args.push('--gateway-port', String(httpPortOf(previous) ?? options.gatewayPort));
    const webRoot = WEB_ROOTS.find((folder) => existsSync(folder));
    if (webRoot !== undefined) args.push('--web-root', webRoot);
  }
  return args;
}

/** The gateway's HTTP port, as it announced it. */
export function httpPortOf(message: ReadyMessage | undefined): number | undefined {
  const port = Number(message?.metadata.httpPort);
  return Number.isInteger(port) && port > 0 ? port : undefined;
}

import { arch, hostname, platform, release } from 'node:os';
import type { ServerCore } from '../server-core.ts';
import { VERSION_LINE } from './report-context.ts';

/** Where the server runs: `envi`. Clients read the version out of it. */
export function envi(): string {
  const lines = [
    `zookeeper.version=${VERSION_LINE}`,
    `host.name=${hostname()}`,
    `node.version=${process.version}`,
    `os.name=${platform()}`,
    `os.arch=${arch()}`,
    `os.version=${release()}`,
  ];
  return `Environment:\n${lines.join('\n')}\n`;
}

/** How the server is set: `conf`. */
export function conf({ settings }: ServerCore): string {
  const values = {
    clientPort: settings.port,
    secureClientPort: -1,
    dataDir: '',
    dataDirSize: 0,
    dataLogDir: '',
    dataLogSize: 0,
    tickTime: settings.tickTimeMs,
    maxClientCnxns: settings.maxClientConnections,
    minSessionTimeout: settings.minSessionTimeoutMs,
    maxSessionTimeout: settings.maxSessionTimeoutMs,
    clientPortListenBacklog: -1,
    serverId: 0,
  };
  const lines = Object.entries(values).map(([key, value]) => `${key}=${value}\n`);
  return lines.join('');
}

/** What the data takes on disk: `dirs`. */
export function dirs(): string {
  return 'datadir_size: 0\nlogdir_size: 0\n';
}

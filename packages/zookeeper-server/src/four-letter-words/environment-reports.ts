import { environment } from '../figures/environment.ts';
import { folderBytes, versionFolder } from '../figures/folder-figures.ts';
import type { ServerCore } from '../server-core.ts';

const SERVER_ID = 0;

/** Where the server runs: `envi`. Clients read the version out of it. */
export function envi(): string {
  return `Environment:\n${lines(environment())}`;
}

/** How the server is set: `conf`. */
export function conf({ settings }: ServerCore): string {
  const dataDir = versionFolder(settings.dataDir);
  const dataLogDir = versionFolder(settings.dataLogDir ?? settings.dataDir);
  return lines([
    ['clientPort', settings.port],
    ['secureClientPort', settings.secure?.port ?? -1],
    ['dataDir', dataDir],
    ['dataDirSize', folderBytes(dataDir)],
    ['dataLogDir', dataLogDir],
    ['dataLogSize', folderBytes(dataLogDir)],
    ['tickTime', settings.tickTimeMs],
    ['maxClientCnxns', settings.maxClientConnections],
    ['minSessionTimeout', settings.minSessionTimeoutMs],
    ['maxSessionTimeout', settings.maxSessionTimeoutMs],
    ['clientPortListenBacklog', settings.listenBacklog],
    ['serverId', SERVER_ID],
  ]);
}

/** What the data takes on disk: `dirs`. */
export function dirs({ settings }: ServerCore): string {
  const dataDir = folderBytes(versionFolder(settings.dataDir));
  const logDir = folderBytes(versionFolder(settings.dataLogDir ?? settings.dataDir));
  return `datadir_size: ${dataDir}\nlogdir_size: ${logDir}\n`;
}

/** The tree's digest from time to time, to compare servers by: `hash`. */
export function hash({ tree }: ServerCore): string {
  return tree.digestLog.map(({ zxid, digest }) => `${zxid.toString(16)}: ${digest}\n`).join('');
}

/** What ZooKeeper's trace would log: `gtmk`. It is kept, but nothing here asks for it. */
export function gtmk({ traceMask }: ServerCore): string {
  return String(traceMask);
}

function lines(values: readonly (readonly [key: string, value: string | number])[]): string {
  return values.map(([key, value]) => `${key}=${value}\n`).join('');
}

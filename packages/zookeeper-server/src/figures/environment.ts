import { arch, freemem, homedir, hostname, platform, release, totalmem, userInfo } from 'node:os';
import { VERSION_LINE } from './version.ts';

const MEGABYTE = 1 << 20;

/** Where the server runs, by the names that ZooKeeper has for it. */
export function environment(): [key: string, value: string][] {
  return [
    ['zookeeper.version', VERSION_LINE],
    ['host.name', hostname()],
    ['node.version', process.version],
    ['os.name', platform()],
    ['os.arch', arch()],
    ['os.version', release()],
    ['user.name', userName()],
    ['user.home', homedir()],
    ['user.dir', process.cwd()],
    ['os.memory.free', inMegabytes(freemem())],
    ['os.memory.max', inMegabytes(totalmem())],
    ['os.memory.total', inMegabytes(process.memoryUsage.rss())],
  ];
}

function inMegabytes(bytes: number): string {
  return `${Math.floor(bytes / MEGABYTE)}MB`;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A user id without an entry, as in many containers.
    return String(process.getuid?.() ?? '');
  }
}

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Asks Apache's own command line, and returns its answer without its log lines. */
export async function zkCli(port: number, ...command: string[]): Promise<string> {
  const args = ['-cp', '/usr/share/java/zookeeper.jar', 'org.apache.zookeeper.ZooKeeperMain'];
  const server = ['-server', `127.0.0.1:${port}`];
  const { stdout } = await run('java', [...args, ...server, ...command], { timeout: 60_000 });
  return stdout
    .split('\n')
    .filter((line) => line !== '' && !/^(Connecting to|WATCHER|WatchedEvent|log4j)/.test(line))
    .join('\n')
    .trim();
}

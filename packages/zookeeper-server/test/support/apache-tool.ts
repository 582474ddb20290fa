import assert from 'node:assert/strict';
import { startChild } from '@mpim/testkit';

/** Runs one of Apache ZooKeeper's own tools, by the name of its class, and gives what it prints. */
export async function runTool(main: string, ...args: string[]): Promise<string> {
  const jar = ['-cp', '/usr/share/java/zookeeper.jar', `org.apache.zookeeper.server.${main}`];
  await using child = startChild('java', [...jar, ...args]);
  const code = await child.exit;
  assert.equal(code, 0, child.output());
  return child.stdout.join('\n');
}

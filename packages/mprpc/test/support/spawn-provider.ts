import { join } from 'node:path';
import { type Child, startChild } from '@mpim/testkit';

/** A provider in a process of its own (see `counting-process.ts`), on a free port unless one is given. */
export async function spawnProvider(port = 0): Promise<Child & { port: number }> {
  const script = join(import.meta.dirname, 'counting-process.ts');
  const child = startChild(process.execPath, [script, String(port)]);
  const line = await child.waitForLine(/^port \d+$/);
  return Object.assign(child, { port: Number(line.slice(5)) });
}

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { temporaryFolder } from '@mpim/testkit';

const BLOCK = /^```ts\n(.*?)^```$/gms;
const IMPORTS = `
import { ZooKeeperClient } from '@mpim/zookeeper';
import { ZooKeeperServer } from '@mpim/zookeeper-server';
`;
/** What the second example takes for granted, once its server runs. */
const CLIENT = `
await using client = await ZooKeeperClient.connect({ connectString: server.connectString });
`;

test('the examples of the README run', async () => {
  const page = await readFile(join(import.meta.dirname, '../README.md'), 'utf8');
  const [start, faults, ...others] = [...page.matchAll(BLOCK)].map(([, code = '']) => code);
  assert.ok(start !== undefined && faults !== undefined);
  assert.deepEqual(others, [], 'an example that nobody runs');
  await using folder = await temporaryFolder();
  const elsewhere = start
    .replace('port: 2181', 'port: 0')
    .replace("'data/zookeeper'", JSON.stringify(folder.path));
  assert.match(await run(elsewhere), /^zkCli\.sh -server 127\.0\.0\.1:\d+\n$/);
  const [server = '', ...rest] = faults.split('\n');
  assert.match(server, /await using server/);
  const printed = await run(
    `${IMPORTS}${server}${CLIENT}${rest.join('\n')}console.log(server.connectString);`,
  );
  assert.match(printed, /^127\.0\.0\.1:\d+\n$/);
});

/** What a program in TypeScript prints; it must end by itself, and well. */
async function run(code: string): Promise<string> {
  const flags = ['--input-type=module-typescript', '--disable-warning=ExperimentalWarning'];
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, '--eval', code], {
    cwd: import.meta.dirname,
    timeout: 30_000,
  });
  return stdout;
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missingDebianPackage, startChild, waitFor } from '@mpim/testkit';
import type { ServerUnderTest } from '../../support/tested-servers.ts';

const missing = await missingDebianPackage('zookeeper-bin');
const CLI_MT = '/usr/lib/zookeeper/bin/cli_mt';

/** ZooKeeper's own C client, as Debian ships it, with this server. */
export function testCliMt([whose, start]: ServerUnderTest): void {
  test(`ZooKeeper's C client creates, reads, watches and deletes with ${whose}`, {
    skip: missing ?? false,
  }, async () => {
    await using server = await start();
    await using cli = startChild(CLI_MT, [server.connectString]);
    await cli.waitForLine(/state = CONNECTED_STATE/);
    const matches = (answer: RegExp) =>
      [...cli.stdout, ...cli.stderr].filter((line) => answer.test(line)).length;
    /** Types a line and waits for one more line that matches. */
    const type = async (line: string, answer: RegExp) => {
      const seen = matches(answer);
      cli.writeLine(line);
      await waitFor(() => matches(answer) > seen, { what: `${answer} after ${line}` });
    };
    await type('create /a', /^\[\/a\]: rc = 0/);
    await type('create +e /a/e', /name = \/a\/e$/);
    await type('create +s /a/s', /name = \/a\/s0000000001/);
    await type('create +c /container', /\[\/container\]: rc = 0/);
    await type('create2 /two', /\[\/two\]: rc = 0/);
    await type('set /a hello', /\/a: rc = 0/);
    await type('get /a', /value_len = 5/);
    await type('ls /a', /s0000000001/);
    await type('wexists /later', /Error -101 for \/later/);
    await type('create /later', /Watcher CREATED_EVENT state = CONNECTED_STATE for path \/later/);
    await type('sync /a', /name = \/a$/);
    await type('delete /a', /rc = -111/);
    await type('delete /a/s0000000001', /rc = 0/);
    cli.writeLine('quit');
    assert.equal(await cli.exit, 0);
  });
}

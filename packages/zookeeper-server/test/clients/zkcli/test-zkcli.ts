import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { missingDebianPackage, startChild } from '@mpim/testkit';
import type { ServerUnderTest, TestedServer } from '../../support/tested-servers.ts';

const missing = await missingDebianPackage('zookeeper');
const ZKCLI = '/usr/share/zookeeper/bin/zkCli.sh';

/** Types lines into Apache's own client and returns what it printed. */
async function zkCli(
  server: TestedServer,
  lines: readonly string[],
): Promise<{ stdout: string; stderr: string }> {
  const args = ['-server', server.connectString];
  await using child = startChild(ZKCLI, args, { group: true });
  for (const line of [...lines, 'quit']) child.writeLine(line);
  await child.exit;
  return { stdout: child.stdout.join('\n'), stderr: child.stderr.join('\n') };
}

/** Asserts that all patterns occur, each behind the one before. */
function assertInOrder(text: string, patterns: readonly RegExp[]): void {
  let from = 0;
  for (const pattern of patterns) {
    const match = pattern.exec(text.slice(from));
    assert.ok(match, `no ${pattern} behind character ${from} of:\n${text}`);
    from += match.index + match[0].length;
  }
}

/** Apache's own shell, as Debian ships it, with this server. */
export function testZkCli([whose, start]: ServerUnderTest): void {
  describe(`Apache's zkCli with ${whose}`, { skip: missing ?? false }, () => {
    test('creates, reads, watches and deletes', async () => {
      await using server = await start();
      const { stdout, stderr } = await zkCli(server, [
        'create /a hello',
        'create -s /a/seq- one',
        'create -s -e /a/seq- two',
        'create -e /a/temporary x',
        'create -c /container',
        'ls /a',
        'create /a/temporary again',
        'create /a/temporary/below x',
        'get -s /a',
        'get -w /a',
        'set /a changed',
        'ls -w /a',
        'delete /a/seq-0000000000',
        'set -v 7 /a stale',
        'stat /a',
        'delete /a',
        'getEphemerals',
        'getAllChildrenNumber /a',
        'addWatch -m PERSISTENT_RECURSIVE /tree',
        'create /tree',
        'create /tree/leaf',
        'deleteall /tree',
        'removewatches /tree',
        'sync /a',
        'whoami',
      ]);
      assertInOrder(stdout, [
        /\[seq-0000000000, seq-0000000001, temporary\]/,
        /hello\n/,
        /cversion = 3\ndataVersion = 0\naclVersion = 0\nephemeralOwner = 0x0\ndataLength = 5\nnumChildren = 3/,
        /type:NodeDataChanged path:\/a/,
        /type:NodeChildrenChanged path:\/a/,
        /dataVersion = 1/,
        // Apache lists a session's nodes in no order.
        /\[\/a\/(seq-0000000001, \/a\/temporary|temporary, \/a\/seq-0000000001)\]/,
        /\n2\n/,
        /type:NodeCreated path:\/tree\n/,
        /type:NodeCreated path:\/tree\/leaf\n/,
        /type:NodeDeleted path:\/tree\/leaf\n/,
        /type:NodeDeleted path:\/tree\n/,
        /Sync is OK/,
        /ip: 127\.0\.0\.1/,
      ]);
      assertInOrder(stderr, [
        /Created \/a\n/,
        /Created \/a\/seq-0000000000\n/,
        /Created \/a\/seq-0000000001\n/,
        /Created \/a\/temporary\n/,
        /Created \/container\n/,
        /Node already exists: \/a\/temporary\n/,
        /Ephemerals cannot have children: \/a\/temporary\/below\n/,
        /version No is not valid : \/a\n/,
        /Node not empty: \/a\n/,
        /Created \/tree\n/,
        /Created \/tree\/leaf/,
      ]);
    });

    test('has nodes that go with its session, and ACLs that hold', async () => {
      await using server = await start();
      await zkCli(server, [
        'create /open x',
        'create -e /open/temporary x',
        'addauth digest alice:secret',
        'create /closed x auth::cdrwa',
      ]);
      const { stdout, stderr } = await zkCli(server, [
        'ls /open',
        'get /closed',
        'getAcl /open',
        'ls /',
      ]);
      assertInOrder(stdout, [/\[\]\n/, /'world,'anyone\n: cdrwa/, /\[closed, open, zookeeper\]/]);
      assert.match(stderr, /Insufficient permission : \/closed/);
    });
  });
}

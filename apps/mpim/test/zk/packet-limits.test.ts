import assert from 'node:assert/strict';
import { test } from 'node:test';
import { temporaryFolder } from '@mpim/testkit';
import { ZooKeeperClient } from '@mpim/zookeeper';
import { ZooKeeperServer } from '@mpim/zookeeper-server';
import { mpim, startMpim } from '../mpim.ts';

test('mpim zk sends and takes what its limits allow, and names the flag for more', async () => {
  const data = 'x'.repeat(100_000);
  await using server = await ZooKeeperServer.start();
  await using client = await ZooKeeperClient.connect({ connectString: server.connectString });
  await client.create('/long', data);
  const zk = async (args: string[], env: Record<string, string> = {}) => {
    await using child = startMpim(['zk', '--server', server.connectString, ...args], { env });
    return { code: await child.exit, output: child.output() };
  };
  assert.equal((await zk(['get', '/long'])).output, data);
  const short = ['--zookeeper-max-answer-bytes', '65536'];
  const untaken = await zk([...short, 'get', '/long']);
  assert.equal(untaken.code, 1);
  assert.match(untaken.output, /100088 bytes .*--zookeeper-max-answer-bytes/);

  const unsent = await zk(['set', '/long', 'y'.repeat(2000)], {
    MPIM_ZOOKEEPER_MAX_PACKET_BYTES: '1024',
  });
  assert.equal(unsent.code, 1);
  assert.match(unsent.output, /set \/long: 2\d{3} bytes are more than .*maxPacketBytes, 1024/);
  const empty = await zk(['get', '/long'], {
    MPIM_ZOOKEEPER_MAX_PACKET_BYTES: '',
    MPIM_ZOOKEEPER_MAX_ANSWER_BYTES: '',
    MPIM_ZOOKEEPER_AUTH_FILE: '',
    MPIM_ZOOKEEPER_TLS_CA: '',
  });
  assert.ok(empty.output === data, empty.output.slice(0, 200));
  const never = await zk(['--zookeeper-max-packet-bytes', '1', 'get', '/long']);
  assert.equal(never.code, 2);
  assert.match(never.output, /from 1024 to 1073741824/);
});

test('mpim up does not let services send what its own ZooKeeper would not take', async () => {
  await using folder = await temporaryFolder();
  const up = ['up', '--data-dir', folder.path, '--zookeeper-max-packet-bytes', '1048576'];
  const { code, stderr } = await mpim(up);
  assert.notEqual(code, 0);
  assert.match(stderr, /1048575 bytes: leave out --zookeeper-max-packet-bytes, or name servers/);
});

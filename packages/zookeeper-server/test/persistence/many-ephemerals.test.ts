import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ApacheZooKeeper,
  fourLetterWord,
  missingDebianPackage,
  temporaryFolder,
} from '@mpim/testkit';
import {
  createModeFlags,
  OPEN_ACL,
  OpCode,
  writeCreateRequest,
  writeMultiRequest,
} from '@mpim/zookeeper/protocol';
import { ZooKeeperServer } from '@mpim/zookeeper-server';
import { dumpTree, SUPER_DIGEST } from '../support/dump-tree.ts';
import { RawClient } from '../support/raw-client.ts';

const missing = await missingDebianPackage('zookeeper');
/** The list of their paths is longer than an entry of a log that Apache ZooKeeper reads. */
const NODES = 60_000;
const AT_ONCE = 10_000;

test('a session ends with more nodes than Apache ZooKeeper reads in one entry, and both servers start on the log', {
  skip: missing ?? false,
}, async () => {
  await using folder = await temporaryFolder('many-ephemerals');
  const dataDir = folder.path;
  await using ours = await ZooKeeperServer.start({ dataDir, superDigest: SUPER_DIGEST });
  using client = await RawClient.open(ours.port);
  const node = { data: null, acl: OPEN_ACL };
  await client.request(OpCode.create, (output) =>
    writeCreateRequest(output, { path: '/p', ...node, flags: createModeFlags('persistent') }),
  );
  const flags = createModeFlags('ephemeral-sequential');
  const request = { path: '/p/an-ephemeral-node-of-many-', ...node, flags };
  const operations = Array.from({ length: AT_ONCE }, () => ({ type: OpCode.create, request }));
  for (let made = 0; made < NODES; made += AT_ONCE) {
    await client.request(OpCode.multi, (output) => writeMultiRequest(output, { operations }));
  }
  await client.request(OpCode.closeSession);
  const after = await dumpTree(ours.port);
  assert.equal(after['/p']?.stat.cversion, 2 * NODES);
  await ours.restart();
  assert.deepEqual(await dumpTree(ours.port), after);
  await ours.stop();
  await using apache = await ApacheZooKeeper.start({ dataDir });
  assert.deepEqual(await dumpTree(apache.port), after);
  const figures = await fourLetterWord(apache.port, 'mntr');
  assert.match(figures, /^zk_digest_mismatches_count\t0$/m);
});

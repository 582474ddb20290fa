import assert from 'node:assert/strict';
import { cp } from 'node:fs/promises';
import { test } from 'node:test';
import { ApacheZooKeeper, missingDebianPackage, temporaryFolder } from '@mpim/testkit';
import {
  createModeFlags,
  OPEN_ACL,
  OpCode,
  readCreateResponse,
  readStatResponse,
  writeCreateRequest,
  writePathWatchRequest,
} from '@mpim/zookeeper/protocol';
import { ZooKeeperServer } from '@mpim/zookeeper-server';
import { resolveOptions } from '../../src/options.ts';
import { begin } from '../../src/server-life.ts';
import { Pipeline } from '../../src/txn/pipeline.ts';
import type { CreateTxn } from '../../src/txn/txn.ts';
import { RawClient } from '../support/raw-client.ts';

const missing = await missingDebianPackage('zookeeper');
const LAST = 2 ** 31 - 1;

function create(path: string, parentCversion: number): CreateTxn {
  const node = { data: null, acl: OPEN_ACL, ephemeralOwner: 0n };
  return { kind: 'create', op: OpCode.create, path, ...node, parentCversion };
}

/** Writes a data directory in which `/p` has had so many children that two more sequence numbers are left. */
async function fillUp(dataDir: string): Promise<void> {
  const settings = resolveOptions({ dataDir });
  const { tree, directory } = await begin(settings);
  assert.ok(directory !== null);
  const { clock, logger } = settings;
  const pipeline = new Pipeline({ tree, log: directory, clock, logger });
  pipeline.submit(create('/p', 1), 0n);
  pipeline.submit(create('/p/first', LAST - 1), 0n);
  await new Promise<void>((resolve) => directory.commit(resolve));
  await directory.close();
}

/** Names and error codes of sequential nodes one after the other, and the cversion they leave. */
async function createMore(port: number): Promise<(string | number)[]> {
  using client = await RawClient.open(port);
  const outcomes: (string | number)[] = [];
  const flags = createModeFlags('persistent-sequential');
  const request = { path: '/p/n-', data: null, acl: OPEN_ACL, flags };
  for (let i = 0; i < 4; i++) {
    const reply = await client.request(OpCode.create, (out) => writeCreateRequest(out, request));
    assert.ok(reply);
    outcomes.push(reply.error === 0 ? readCreateResponse(reply.body).path : reply.error);
  }
  const found = await client.request(OpCode.exists, (out) =>
    writePathWatchRequest(out, { path: '/p', watch: false }),
  );
  assert.ok(found);
  return [...outcomes, readStatResponse(found.body).stat.cversion];
}

test('where the counter of a parent ends its sequential nodes do, as with Apache ZooKeeper', {
  skip: missing ?? false,
}, async () => {
  await using folder = await temporaryFolder();
  await using copy = await temporaryFolder();
  await fillUp(folder.path);
  await cp(folder.path, copy.path, { recursive: true });
  await using apache = await ApacheZooKeeper.start({ dataDir: copy.path });
  const theirs = await createMore(apache.port);
  assert.deepEqual(theirs.slice(0, 4), ['/p/n-2147483646', '/p/n-2147483647', -110, -110]);
  await using ours = await ZooKeeperServer.start({ dataDir: folder.path });
  assert.deepEqual(await createMore(ours.port), theirs);
  await ours.restart();
  const [again, , , , cversion] = await createMore(ours.port);
  assert.deepEqual([again, cversion], [-110, theirs.at(-1)]);
});

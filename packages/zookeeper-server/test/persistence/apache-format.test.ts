import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  ApacheZooKeeper,
  fourLetterWord,
  missingDebianPackage,
  temporaryFolder,
  waitFor,
} from '@mpim/testkit';
import { ZooKeeperServer, ZooKeeperServerError } from '@mpim/zookeeper-server';
import { runTool } from '../support/apache-tool.ts';
import { Dice } from '../support/dice.ts';
import { becomeSuper, dumpTree, SUPER_DIGEST } from '../support/dump-tree.ts';
import { heavyLoad } from '../support/heavy-load.ts';
import { RawClient } from '../support/raw-client.ts';
import { RecordingLogger } from '../support/recording-logger.ts';
import { drawRequest } from '../support/requests/draw-request.ts';
import { RequestWords } from '../support/requests/request-words.ts';

const missing = await missingDebianPackage('zookeeper');
const skip = missing ?? false;
const STEPS = 400;

/** Changes a server's tree in every way there is; leaves two sessions with ephemeral nodes behind. */
async function change(port: number, seed: number): Promise<RawClient[]> {
  const dice = new Dice(seed);
  const words = new RequestWords(dice);
  const clients: RawClient[] = [];
  for (let i = 0; i < 3; i++) clients.push(await RawClient.open(port, { timeoutMs: 20_000 }));
  for (let step = 0; step < STEPS; step++) {
    const { op, write } = drawRequest(words);
    await clients[dice.below(3)]?.request(op, write);
  }
  clients.pop()?.[Symbol.dispose]();
  return clients;
}

/** Whether a server takes a session that began on another one. */
async function takesOver(port: number, { session }: RawClient): Promise<boolean> {
  assert.ok(session);
  using client = await RawClient.open(port, session);
  return client.session?.sessionId === session.sessionId;
}

function startOurs(dataDir: string, logger: RecordingLogger): Promise<ZooKeeperServer> {
  return ZooKeeperServer.start({
    dataDir,
    logger,
    snapCount: 150,
    extendedTypes: true,
    superDigest: SUPER_DIGEST,
  });
}

test('Apache ZooKeeper goes on where we stop, and we where it stops', { skip }, async () => {
  await using folder = await temporaryFolder('format');
  const dataDir = folder.path;
  const logger = new RecordingLogger();
  let before: object;
  let sessions: RawClient[];
  {
    await using ours = await startOurs(dataDir, logger);
    sessions = await change(ours.port, 5);
    await waitFor(() => logger.infos.includes('snapshot written'));
    before = await dumpTree(ours.port);
  }
  {
    await using apache = await ApacheZooKeeper.start({ dataDir, snapCount: 200 });
    assert.deepEqual(await dumpTree(apache.port), before);
    for (const session of sessions) assert.ok(await takesOver(apache.port, session));
    const figures = await fourLetterWord(apache.port, 'mntr');
    assert.match(figures, /^zk_digest_mismatches_count\t0$/m);
    sessions = await change(apache.port, 6);
    before = await dumpTree(apache.port);
    await apache.kill();
  }
  {
    await using ours = await startOurs(dataDir, logger);
    assert.deepEqual(await dumpTree(ours.port), before);
    for (const session of sessions) assert.ok(await takesOver(ours.port, session));
  }
  assert.deepEqual(logger.complaints, []);
});

test('Apache’s own tools read our files', { skip }, async () => {
  await using folder = await temporaryFolder('tools');
  const logger = new RecordingLogger();
  {
    await using ours = await startOurs(folder.path, logger);
    await change(ours.port, 7);
    await waitFor(() => logger.infos.includes('snapshot written'));
  }
  const version = join(folder.path, 'version-2');
  const files = (await readdir(version)).map((name) => join(version, name));
  for (const path of files.filter((file) => file.includes('snapshot.'))) {
    assert.match(await runTool('SnapshotFormatter', path), /\/zookeeper\/config/);
  }
  for (const path of files.filter((file) => file.includes('log.'))) {
    assert.match(await runTool('persistence.TxnLogToolkit', '-d', path), /txnlog format version 2/);
  }
});

test('a snapshot that Apache ZooKeeper packed with gzip is read, snappy is named', {
  skip,
}, async () => {
  await using folder = await temporaryFolder('packed');
  const { path: dataDir } = folder;
  for (const method of ['gz', 'snappy']) {
    const java = ['-Xmx256m', `-Dzookeeper.snapshot.compression.method=${method}`];
    await using apache = await ApacheZooKeeper.start({ dataDir, snapCount: 300 }, java);
    using client = await RawClient.open(apache.port);
    await becomeSuper(client);
    await heavyLoad(client, new Dice(8), 1500);
    const isPacked = (name: string) => name.endsWith(`.${method}`);
    await waitFor(async () => (await readdir(join(dataDir, 'version-2'))).some(isPacked));
    const expected = await dumpTree(apache.port);
    await apache.kill();
    const logger = new RecordingLogger();
    if (method === 'gz') {
      await using ours = await startOurs(dataDir, logger);
      assert.deepEqual(await dumpTree(ours.port), expected);
      assert.deepEqual(logger.complaints, []);
    } else {
      await assert.rejects(startOurs(dataDir, logger), (error) => {
        assert.ok(error instanceof ZooKeeperServerError && error.code === 'DATA_CORRUPT');
        assert.match(error.message, /snapshot\.[0-9a-f]+\.snappy is packed with snappy/);
        return true;
      });
    }
  }
});

import assert from 'node:assert/strict';
import { mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fourLetterWord, temporaryFolder, waitFor } from '@mpim/testkit';
import {
  createModeFlags,
  OPEN_ACL,
  OpCode,
  readGetDataResponse,
  writeCreateRequest,
  writePathWatchRequest,
  writeSetDataRequest,
} from '@mpim/zookeeper/protocol';
import { ZooKeeperServer, ZooKeeperServerError } from '@mpim/zookeeper-server';
import { RawClient } from '../support/raw-client.ts';
import { RecordingLogger } from '../support/recording-logger.ts';

async function create(client: RawClient, path: string, mode: 'persistent' | 'ephemeral') {
  const value = { path, data: Buffer.from('x'), acl: OPEN_ACL, flags: createModeFlags(mode) };
  const reply = await client.request(OpCode.create, (out) => writeCreateRequest(out, value));
  assert.equal(reply?.error, 0);
  return reply;
}

async function set(client: RawClient, path: string, value: string): Promise<void> {
  const request = { path, data: Buffer.from(value), version: -1 };
  const reply = await client.request(OpCode.setData, (out) => writeSetDataRequest(out, request));
  assert.equal(reply?.error, 0);
}

async function get(client: RawClient, path: string): Promise<string | number | undefined> {
  const request = { path, watch: false };
  const reply = await client.request(OpCode.getData, (out) => writePathWatchRequest(out, request));
  return reply?.error === 0 ? readGetDataResponse(reply.body).data?.toString() : reply?.error;
}

test('sessions live on over a restart, with their ephemeral nodes and passwords', async () => {
  await using folder = await temporaryFolder('restart');
  const options = { dataDir: folder.path, tickTimeMs: 100 };
  const first = await ZooKeeperServer.start(options);
  using kept = await RawClient.open(first.port, { timeoutMs: 2000 });
  using left = await RawClient.open(first.port, { timeoutMs: 200 });
  await create(kept, '/kept', 'ephemeral');
  const { zxid } = (await create(left, '/left', 'ephemeral')) ?? {};
  await first.stop();

  await using second = await ZooKeeperServer.start(options);
  assert.ok(kept.session);
  using wrong = await RawClient.open(second.port, { ...kept.session, password: Buffer.alloc(16) });
  assert.equal(wrong.session?.sessionId, 0n);
  using again = await RawClient.open(second.port, {
    ...kept.session,
    timeoutMs: 2000,
    lastZxidSeen: zxid ?? 0n,
  });
  assert.equal(again.session?.sessionId, kept.session.sessionId);
  assert.deepEqual(again.session?.password, kept.session.password);
  assert.equal(await get(again, '/left'), 'x', 'its session gets a full new timeout');
  using fresh = await RawClient.open(second.port);
  const known = [kept.session.sessionId, left.session?.sessionId];
  assert.ok(!known.includes(fresh.session?.sessionId), 'ids are given out once');
  // Nobody comes back for the other one.
  await waitFor(async () => (await get(again, '/left')) === -101);
  assert.equal(await get(again, '/kept'), 'x');
});

test('a second server is kept out until the first has stopped', async () => {
  await using folder = await temporaryFolder('locked');
  const options = { dataDir: folder.path };
  const first = await ZooKeeperServer.start(options);
  await assert.rejects(ZooKeeperServer.start(options), { code: 'DATA_LOCKED' });
  await first.stop();
  const second = await ZooKeeperServer.start(options);
  await second.stop();
});

test('a port that is taken leaves the directory free', async () => {
  await using folder = await temporaryFolder('port');
  await using other = await ZooKeeperServer.start();
  const options = { dataDir: folder.path };
  const start = ZooKeeperServer.start({ ...options, port: other.port });
  await assert.rejects(start, { code: 'LISTEN_FAILED' });
  await using server = await ZooKeeperServer.start(options);
  assert.ok(server.port > 0);
});

test('a data directory that cannot be one', async () => {
  await using folder = await temporaryFolder('file');
  const dataDir = join(folder.path, 'file');
  await writeFile(dataDir, '');
  await assert.rejects(ZooKeeperServer.start({ dataDir }), { code: 'DATA_FAILED', path: dataDir });
  const below = join(dataDir, 'below');
  await assert.rejects(ZooKeeperServer.start({ dataDir: below }), { code: 'DATA_FAILED' });
  if (process.platform === 'linux') {
    // Where Node's recursive mkdir never returns.
    const start = ZooKeeperServer.start({ dataDir: '/proc/mpim/data' });
    await assert.rejects(start, { code: 'DATA_FAILED', message: /directory \/proc\/mpim\/data: / });
  }
  const compressed = join(folder.path, 'compressed', 'version-2');
  await mkdir(compressed, { recursive: true });
  await writeFile(join(compressed, 'snapshot.1f.gz'), '');
  const start = ZooKeeperServer.start({ dataDir: join(folder.path, 'compressed') });
  await assert.rejects(start, { code: 'DATA_CORRUPT' });
});

test('as many snapshots are kept as the options say, and all of them if nothing is to be removed', async () => {
  for (const [options, kept] of [
    [{ snapRetainCount: 5 }, 5],
    [{ purgeIntervalHours: 0 }, 7],
  ] as const) {
    await using folder = await temporaryFolder('retain');
    const logger = new RecordingLogger();
    const dataDir = folder.path;
    await using server = await ZooKeeperServer.start({
      dataDir,
      snapCount: 20,
      logger,
      ...options,
    });
    using client = await RawClient.open(server.port, { timeoutMs: 10_000 });
    await create(client, '/a', 'persistent');
    // The first one stands there from the beginning.
    const written = () => logger.infos.filter((info) => info === 'snapshot written').length;
    while (written() < 7) await set(client, '/a', 'x');
    await server.stop();
    const files = await readdir(join(dataDir, 'version-2'));
    const snapshots = files.filter((name) => name.startsWith('snapshot.'));
    if (kept === 5) assert.equal(snapshots.length, kept);
    else assert.ok(snapshots.length >= kept, String(snapshots));
  }
});

test('old files go, and what is left is all of it; logs in a folder of their own', async () => {
  await using folder = await temporaryFolder('purge');
  const [dataDir, dataLogDir] = [join(folder.path, 'data'), join(folder.path, 'logs')];
  const logger = new RecordingLogger();
  const options = { dataDir, dataLogDir, snapCount: 40, logger };
  {
    await using server = await ZooKeeperServer.start(options);
    using client = await RawClient.open(server.port, { timeoutMs: 10_000 });
    await create(client, '/a', 'persistent');
    for (let i = 0; !logger.infos.includes('old snapshots and logs removed'); i++) {
      await set(client, '/a', String(i));
    }
    await set(client, '/a', 'last');
    assert.match(await fourLetterWord(server.port, 'srvr'), /Zxid: 0x[0-9a-f]+/);
  }
  const snapshots = await readdir(join(dataDir, 'version-2'));
  const logs = await readdir(join(dataLogDir, 'version-2'));
  const others = snapshots.filter((name) => !name.startsWith('snapshot.'));
  assert.deepEqual(others, ['highest-session-id']);
  assert.equal(snapshots.length, 4);
  assert.ok(logs.every((name) => name.startsWith('log.')) && logs.length <= 5, String(logs));
  await using server = await ZooKeeperServer.start(options);
  using client = await RawClient.open(server.port);
  assert.equal(await get(client, '/a'), 'last');
  assert.deepEqual(logger.complaints, []);
});

test('logs that lie where no logs are looked for are not passed over', async () => {
  await using folder = await temporaryFolder('stray');
  const [dataDir, dataLogDir] = [join(folder.path, 'data'), join(folder.path, 'logs')];
  {
    await using server = await ZooKeeperServer.start({ dataDir });
    using client = await RawClient.open(server.port);
    await create(client, '/a', 'persistent');
  }
  const apart = ZooKeeperServer.start({ dataDir, dataLogDir });
  await assert.rejects(apart, (error) => {
    assert.ok(error instanceof ZooKeeperServerError && error.code === 'BAD_OPTION');
    assert.match(error.message, /version-2.log\.[0-9a-f]+; move it and its like to .*logs/);
    return true;
  });
  const files = join(dataDir, 'version-2');
  for (const name of (await readdir(files)).filter((each) => each.startsWith('log.'))) {
    await rename(join(files, name), join(dataLogDir, 'version-2', name));
  }
  await using server = await ZooKeeperServer.start({ dataDir, dataLogDir });
  using client = await RawClient.open(server.port);
  assert.equal(await get(client, '/a'), 'x');
});

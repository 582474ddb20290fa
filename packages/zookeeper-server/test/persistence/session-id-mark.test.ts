import assert from 'node:assert/strict';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '@mpim/testkit';
import { OPEN_ACL, OpCode, writeCreateRequest } from '@mpim/zookeeper/protocol';
import { systemClock, ZooKeeperServer } from '@mpim/zookeeper-server';
import { readSessionIdMark, writeSessionIdMark } from '../../src/persistence/session-id-mark.ts';
import { systemDisk } from '../../src/persistence/system-disk.ts';
import { RawClient } from '../support/raw-client.ts';
import { RecordingLogger } from '../support/recording-logger.ts';

const NAME = 'highest-session-id';

test('the mark is read as it was written, and nothing else is taken for one', async () => {
  await using folder = await temporaryFolder('mark');
  const path = join(folder.path, NAME);
  assert.equal(await readSessionIdMark(folder.path, systemDisk), 0n);
  for (const id of [1n, 0x0123_4567_89ab_cdefn, 2n ** 63n - 1n]) {
    await writeSessionIdMark(folder.path, systemDisk, id);
    assert.equal(await readSessionIdMark(folder.path, systemDisk), id);
    assert.deepEqual(await readdir(folder.path), [NAME]);
    const bytes = await readFile(path);
    const damaged = [bytes.subarray(0, -1), Buffer.alloc(0), Buffer.concat([bytes, bytes])];
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = Buffer.from(bytes);
      flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      damaged.push(flipped);
    }
    for (const each of damaged) {
      await writeFile(path, each);
      const expected = { code: 'DATA_CORRUPT', path, offset: 0 };
      await assert.rejects(readSessionIdMark(folder.path, systemDisk), expected);
    }
  }
});

test('a new process whose clock went back gives out no session id of a session long forgotten', async () => {
  await using folder = await temporaryFolder('mark');
  const logger = new RecordingLogger();
  const ahead = { ...systemClock, now: () => Date.now() + 86_400_000 };
  const options = { dataDir: folder.path, snapCount: 20, logger };
  const ids: bigint[] = [];
  let purged = 0;
  /** A session, and enough changes that no snapshot and no log knows of it any more. */
  const run = async (port: number): Promise<void> => {
    const begin = async (): Promise<RawClient> => {
      const client = await RawClient.open(port, { timeoutMs: 10_000 });
      ids.push(client.session?.sessionId ?? 0n);
      return client;
    };
    using client = await begin();
    using gone = await begin();
    await gone.request(OpCode.closeSession);
    const isOld = (info: string) => info === 'old snapshots and logs removed';
    const node = { path: '/n-', data: null, acl: OPEN_ACL, flags: 2 };
    const before = purged;
    for (; purged < before + 4; purged = logger.infos.filter(isOld).length) {
      await client.request(OpCode.create, (out) => writeCreateRequest(out, node));
    }
    await client.request(OpCode.closeSession);
  };
  {
    await using server = await ZooKeeperServer.start({ ...options, clock: ahead });
    await run(server.port);
  }
  const leftover = join(folder.path, 'version-2', `unfinished-${NAME}`);
  await writeFile(leftover, '');
  for (let life = 0; life < 3; life++) {
    await using server = await ZooKeeperServer.start(options);
    await run(server.port);
  }
  assert.deepEqual(
    ids,
    [...new Set(ids)].sort((a, b) => (a < b ? -1 : 1)),
    'each above the last',
  );
  assert.ok(!(await readdir(join(folder.path, 'version-2'))).includes(`unfinished-${NAME}`));
  assert.deepEqual(logger.complaints, []);

  // Nothing else would have kept them apart.
  await rm(join(folder.path, 'version-2', NAME));
  await using server = await ZooKeeperServer.start(options);
  using client = await RawClient.open(server.port);
  assert.ok(ids.includes(client.session?.sessionId ?? 0n));
});

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fourLetterWord, temporaryFolder, waitFor } from '@mpim/testkit';
import {
  ErrorCode,
  OPEN_ACL,
  OpCode,
  readGetDataResponse,
  writeCreateRequest,
  writePathWatchRequest,
  writeSetDataRequest,
} from '@mpim/zookeeper/protocol';
import { ZooKeeperServer } from '@mpim/zookeeper-server';
import { RawClient, requestFrame } from '../support/raw-client.ts';
import { RecordingLogger } from '../support/recording-logger.ts';

/** A file system of a few megabytes. */
class TinyDisk implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** Null where this user may not mount one. */
  static mount(path: string, megabytes = 4): TinyDisk | null {
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', path], {
        stdio: 'ignore',
      });
      return new TinyDisk(path);
    } catch {
      return null;
    }
  }

  /** Leaves no room at all. */
  fill(): void {
    try {
      writeFileSync(join(this.path, 'filler'), Buffer.alloc(64 << 20));
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC');
    }
  }

  free(): Promise<void> {
    return rm(join(this.path, 'filler'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    execFileSync('umount', [this.path]);
  }
}

async function set(client: RawClient, value: string): Promise<number | undefined> {
  const request = { path: '/a', data: Buffer.from(value.padEnd(1000)), version: -1 };
  const reply = await client.request(OpCode.setData, (out) => writeSetDataRequest(out, request));
  return reply?.error;
}

async function get(client: RawClient): Promise<string | undefined> {
  const request = { path: '/a', watch: false };
  const reply = await client.request(OpCode.getData, (out) => writePathWatchRequest(out, request));
  assert.equal(reply?.error, 0);
  return reply && readGetDataResponse(reply.body).data?.toString().trim();
}

test('a full disk stops writes and nothing else, until there is room again', async (t) => {
  await using folder = await temporaryFolder('full-disk');
  await using disk = TinyDisk.mount(folder.path);
  if (disk === null) {
    t.skip('mounting a small file system takes more rights');
    return;
  }
  const options = {
    dataDir: disk.path,
    tickTimeMs: 50,
    maxSessionTimeoutMs: 5000,
    fourLetterWordWhitelist: ['mntr'],
    logger: new RecordingLogger(),
  };
  await using server = await ZooKeeperServer.start(options);
  using client = await RawClient.open(server.port, { timeoutMs: 5000 });
  using silent = await RawClient.open(server.port, { timeoutMs: 1000 });
  const node = { path: '/a', data: null, acl: OPEN_ACL, flags: 0 };
  await client.request(OpCode.create, (output) => writeCreateRequest(output, node));

  disk.fill();
  let last = 0;
  while ((await set(client, String(last + 1))) === ErrorCode.OK) {
    last++;
    await silent.ping();
  }
  const silentSince = performance.now();
  assert.ok(last > 0, 'room that was set aside is used');
  assert.equal(await set(client, 'more'), ErrorCode.SYSTEMERROR);
  assert.equal(await get(client), String(last));
  const late = await RawClient.open(server.port);
  assert.equal(late.session, null, 'no session can begin');
  assert.ok(options.logger.complaints.some(({ message }) => message.includes('disk is full')));
  assert.match(await fourLetterWord(server.port, 'mntr'), /^zk_disk_full\t1$/m);
  await waitFor(() => performance.now() - silentSince > 1200);
  // Its time is up, but its end could not be logged.
  assert.equal(silent.closed, false);

  await disk.free();
  await waitFor(async () => (await set(client, 'again')) === ErrorCode.OK);
  assert.match(await fourLetterWord(server.port, 'mntr'), /^zk_disk_full\t0$/m);
  await waitFor(() => silent.closed);
  await server.stop();
  await using restarted = await ZooKeeperServer.start(options);
  using other = await RawClient.open(restarted.port);
  assert.equal(await get(other), 'again');
});

test('a burst that meets a full disk is refused, and reads go on', async (t) => {
  await using folder = await temporaryFolder('burst');
  await using disk = TinyDisk.mount(folder.path, 16);
  if (disk === null) {
    t.skip('mounting a small file system takes more rights');
    return;
  }
  await using server = await ZooKeeperServer.start({ dataDir: disk.path });
  using client = await RawClient.open(server.port);
  using other = await RawClient.open(server.port);
  const node = { path: '/a', data: null, acl: OPEN_ACL, flags: 0 };
  await client.request(OpCode.create, (output) => writeCreateRequest(output, node));
  for (let i = 0; i < 30; i++) assert.equal(await set(client, 'before'), ErrorCode.OK);

  disk.fill();
  const value = { path: '/a', data: Buffer.alloc(1000, 'b'), version: -1 };
  const frame = requestFrame(OpCode.setData, 1, (output) => writeSetDataRequest(output, value));
  while ((await set(client, 'during')) === ErrorCode.OK) {
    other.socket.write(Buffer.concat(Array<Buffer>(500).fill(frame)));
    await other.ping();
  }
  assert.ok(await get(client));
  await disk.free();
  await waitFor(async () => (await set(client, 'after')) === ErrorCode.OK);
  assert.equal(await get(other), 'after');
});

test('large writes that meet a full disk are refused, and reads go on', async (t) => {
  await using folder = await temporaryFolder('large-writes');
  await using disk = TinyDisk.mount(folder.path, 16);
  if (disk === null) {
    t.skip('mounting a small file system takes more rights');
    return;
  }
  await using server = await ZooKeeperServer.start({ dataDir: disk.path });
  using first = await RawClient.open(server.port);
  using second = await RawClient.open(server.port);
  const node = { path: '/a', data: null, acl: OPEN_ACL, flags: 0 };
  await first.request(OpCode.create, (output) => writeCreateRequest(output, node));
  const large = { path: '/a', data: Buffer.alloc(1_000_000, 'b'), version: -1 };
  const setLarge = async (client: RawClient) =>
    (await client.request(OpCode.setData, (output) => writeSetDataRequest(output, large)))?.error;
  let errors: (number | undefined)[] = [];
  while (!errors.includes(ErrorCode.SYSTEMERROR)) {
    errors = await Promise.all([setLarge(first), setLarge(second)]);
  }
  assert.equal(await get(first), large.data.toString());
  assert.equal((await second.ping())?.error, 0);
});

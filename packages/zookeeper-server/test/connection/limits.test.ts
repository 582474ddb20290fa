import assert from 'node:assert/strict';
import { test } from 'node:test';
import { temporaryFolder, waitFor } from '@mpim/testkit';
import {
  ErrorCode,
  type JuteWriter,
  OPEN_ACL,
  OpCode,
  writeCreateRequest,
  writePathWatchRequest,
} from '@mpim/zookeeper/protocol';
import { ZooKeeperServer, type ZooKeeperServerOptions } from '@mpim/zookeeper-server';
import { FaultyDisk } from '../support/faulty-disk.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { RawClient, requestFrame } from '../support/raw-client.ts';

function create(path: string, data: Buffer | null = null) {
  return (output: JuteWriter) =>
    writeCreateRequest(output, { path, data, acl: OPEN_ACL, flags: 0 });
}

const read = (output: JuteWriter) => writePathWatchRequest(output, { path: '/', watch: false });

/** A server whose disk answers when a test says so, and a client with a session on it. */
async function withHeldDisk(
  options: ZooKeeperServerOptions,
  run: (parts: { disk: FaultyDisk; client: RawClient; server: ZooKeeperServer }) => Promise<void>,
): Promise<void> {
  await using folder = await temporaryFolder();
  const disk = new FaultyDisk();
  await using server = await ZooKeeperServer.start({ dataDir: folder.path, disk, ...options });
  using client = await RawClient.open(server.port);
  disk.isHeld = true;
  try {
    await run({ disk, client, server });
  } finally {
    disk.isHeld = false;
    while (disk.heldCount > 0) disk.release();
  }
}

/** Sends two creates and lets the disk answer only after more than the longest session. */
async function letCreatesGoStale(
  disk: FaultyDisk,
  client: RawClient,
  clock: ManualClock,
): Promise<void> {
  client.socket.write(
    Buffer.concat([
      requestFrame(OpCode.create, 1, create('/a')),
      requestFrame(OpCode.create, 2, create('/b')),
    ]),
  );
  await waitFor(() => disk.heldCount > 0);
  await clock.advance(120_001);
  disk.isHeld = false;
  disk.release();
}

const errorsOf = (client: RawClient) =>
  client.received.flatMap((item) => (item.kind === 'reply' ? [item.reply.error] : []));

test('in all no more connections are let in than allowed', async () => {
  await using server = await ZooKeeperServer.start({ maxConnections: 2 });
  using first = await RawClient.open(server.port);
  const second = await RawClient.open(server.port);
  using refused = await RawClient.open(server.port);
  assert.equal(refused.session, null);
  second.socket.destroy();
  await waitFor(async () => {
    using third = await RawClient.open(server.port);
    return third.session !== null;
  });
  assert.equal((await first.ping())?.error, 0);
});

test('how long a request may be is a setting', async () => {
  await using server = await ZooKeeperServer.start({ maxFrameBytes: 2_000_000 });
  using client = await RawClient.open(server.port);
  const long = await client.request(OpCode.create, create('/a', Buffer.alloc(1_900_000)));
  assert.equal(long?.error, 0);
  assert.equal(await client.request(OpCode.create, create('/b', Buffer.alloc(2_000_000))), null);
  await client.whenClosed();
});

test('nothing is read from a client that has too much under way', async () => {
  const limit = 10;
  await withHeldDisk({ maxOutstandingRequests: limit }, async ({ disk, client }) => {
    const frames = Array.from({ length: 50 }, (_, i) =>
      requestFrame(OpCode.create, i + 1, create(`/n${i}`)),
    );
    const before = disk.writes.length;
    client.socket.write(Buffer.concat(frames));
    await waitFor(() => disk.heldCount > 0);
    assert.equal(client.received.length, 0);
    await waitFor(
      () => {
        disk.release();
        return client.received.length === 50;
      },
      { intervalMs: 1 },
    );
    assert.deepEqual(new Set(errorsOf(client)), new Set([0]));
    assert.ok(disk.writes.length - before >= 50 / (limit + 1), 'the disk got them in portions');
  });
});

test('above the throttle requests wait in their order, and those that waited too long are refused', async () => {
  const clock = new ManualClock();
  const limits = { requestThrottleLimit: 1, throttledOpWaitMs: 100, clock };
  await withHeldDisk(limits, async ({ disk, client, server }) => {
    client.socket.write(
      Buffer.concat([
        requestFrame(OpCode.create, 1, create('/a')),
        requestFrame(OpCode.create, 2, create('/b')),
        requestFrame(OpCode.ping, -2),
        requestFrame(OpCode.getData, 3, read),
      ]),
    );
    await waitFor(() => disk.heldCount > 0);
    await clock.advance(200);
    disk.isHeld = false;
    disk.release();
    await waitFor(() => client.received.length === 4);
    assert.deepEqual(errorsOf(client), [0, ErrorCode.THROTTLEDOP, 0, ErrorCode.THROTTLEDOP]);
    using later = await RawClient.open(server.port);
    assert.equal((await later.request(OpCode.getData, read))?.error, 0);
  });
});

test('requests that wait in the throttle are still themselves when their turn comes', async () => {
  await withHeldDisk({ requestThrottleLimit: 1 }, async ({ disk, client, server }) => {
    const names = Array.from({ length: 20 }, (_, i) => `n${i}`);
    // The reader that all frames share must not be what those in the queue are read with later.
    for (const [i, name] of names.entries()) {
      client.socket.write(requestFrame(OpCode.create, i + 1, create(`/${name}`)));
    }
    await waitFor(() => disk.heldCount > 0);
    disk.isHeld = false;
    while (disk.heldCount > 0) disk.release();
    await waitFor(() => errorsOf(client).length === names.length);
    assert.deepEqual(new Set(errorsOf(client)), new Set([ErrorCode.OK]));
    using other = await RawClient.open(server.port);
    for (const name of names) {
      const found = await other.request(OpCode.exists, (output) =>
        writePathWatchRequest(output, { path: `/${name}`, watch: false }),
      );
      assert.equal(found?.error, ErrorCode.OK, name);
    }
  });
});

test('a request that waits longer than its session lasts is dropped with its connection', async () => {
  const clock = new ManualClock();
  const limits = { requestThrottleLimit: 1, requestStaleLatencyCheck: true, clock };
  await withHeldDisk({ ...limits, tickTimeMs: 60_000 }, async ({ disk, client, server }) => {
    const { sessionId = 0n, password = null } = client.session ?? {};
    await letCreatesGoStale(disk, client, clock);
    await client.whenClosed();
    using back = await RawClient.open(server.port, { sessionId, password });
    assert.equal(back.session?.sessionId, sessionId, 'the session lives on');
  });
});

test('a request that has waited so long is handled all the same if stale ones are not dropped', async () => {
  const clock = new ManualClock();
  const limits = { requestThrottleLimit: 1, requestStaleLatencyCheck: true, clock };
  const kept = { ...limits, requestThrottleDropStale: false, tickTimeMs: 60_000 };
  await withHeldDisk(kept, async ({ disk, client }) => {
    await letCreatesGoStale(disk, client, clock);
    await waitFor(() => errorsOf(client).length === 2);
    assert.deepEqual(errorsOf(client), [0, 0]);
  });
});

test('large requests have an allowance, which comes back', async () => {
  const limits = { largeRequestThreshold: 1000, largeRequestMaxBytes: 5000 };
  await withHeldDisk(limits, async ({ disk, client, server }) => {
    const large = create('/a', Buffer.alloc(3000));
    client.socket.write(requestFrame(OpCode.create, 1, large));
    await waitFor(() => disk.heldCount > 0);
    client.socket.write(requestFrame(OpCode.create, 2, large));
    await client.whenClosed();
    disk.isHeld = false;
    disk.release();
    using other = await RawClient.open(server.port);
    for (let i = 0; i < 3; i++) {
      const reply = await other.request(OpCode.create, create(`/b${i}`, Buffer.alloc(3000)));
      assert.equal(reply?.error, 0);
    }
  });
});

test('limits that make no sense are refused by name', async () => {
  for (const limit of ['maxFrameBytes', 'maxOutstandingRequests', 'handshakeTimeoutMs']) {
    await assert.rejects(ZooKeeperServer.start({ [limit]: 0 }), {
      code: 'BAD_OPTION',
      message: new RegExp(`^${limit} is 0; give a whole number from`),
    });
  }
});

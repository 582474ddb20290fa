import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitFor } from '@mpim/testkit';
import {
  createModeFlags,
  OPEN_ACL,
  OpCode,
  readStatResponse,
  writeCreateRequest,
  writePathWatchRequest,
} from '@mpim/zookeeper/protocol';
import { ZooKeeperServer } from '@mpim/zookeeper-server';
import { connectFrame, RawClient, requestFrame } from '../support/raw-client.ts';

const NODE = { data: Buffer.from('x'), acl: OPEN_ACL, flags: 0 };

function create(path: string, flags = 0) {
  return (output: Parameters<typeof writeCreateRequest>[0]) =>
    writeCreateRequest(output, { ...NODE, path, flags });
}

function exists(path: string, watch = false) {
  return (output: Parameters<typeof writePathWatchRequest>[0]) =>
    writePathWatchRequest(output, { path, watch });
}

test('the timeout is clamped to two to twenty ticks, each time anew', async () => {
  await using server = await ZooKeeperServer.start();
  for (const [asked, granted] of [
    [-5, 4000],
    [0, 4000],
    [10_000, 10_000],
    [1_000_000, 40_000],
  ]) {
    using client = await RawClient.open(server.port, { timeoutMs: asked ?? 0 });
    assert.equal(client.session?.timeoutMs, granted);
    const { sessionId = 0n, password = null } = client.session ?? {};
    using again = await RawClient.open(server.port, { timeoutMs: 5000, sessionId, password });
    assert.equal(again.session?.sessionId, sessionId);
    assert.equal(again.session?.timeoutMs, 5000);
  }
});

test('the read-only byte is sent only to clients that sent theirs', async () => {
  await using server = await ZooKeeperServer.start();
  using old = await RawClient.open(server.port, { readOnly: null });
  using current = await RawClient.open(server.port, { readOnly: false });
  assert.equal(old.session?.readOnly, null);
  assert.equal(current.session?.readOnly, false);
  assert.equal((await old.ping())?.error, 0, 'the next frame starts where the client thinks');
});

test('opening a session takes one zxid, taking it up again none', async () => {
  await using server = await ZooKeeperServer.start();
  using first = await RawClient.open(server.port);
  const { sessionId = 0n, password = null } = first.session ?? {};
  const before = (await first.ping())?.zxid ?? 0n;
  using again = await RawClient.open(server.port, { sessionId, password });
  assert.equal((await again.ping())?.zxid, before);
  using second = await RawClient.open(server.port);
  assert.equal((await second.ping())?.zxid, before + 1n);
});

test('a session goes on at another connection: the old one is cut, watches stay behind', async () => {
  await using server = await ZooKeeperServer.start();
  using old = await RawClient.open(server.port);
  await old.request(OpCode.create, create('/e', createModeFlags('ephemeral')));
  await old.request(OpCode.exists, exists('/later', true));
  const { sessionId = 0n, password = null } = old.session ?? {};
  using current = await RawClient.open(server.port, { sessionId, password });
  await old.whenClosed();
  const reply = await current.request(OpCode.exists, exists('/e'));
  assert.ok(reply);
  assert.equal(readStatResponse(reply.body).stat.ephemeralOwner, sessionId);
  await current.request(OpCode.create, create('/later'));
  await current.ping();
  assert.deepEqual(current.events, []);
});

test('a wrong password or an unknown session is refused, and the rightful client stays', async () => {
  await using server = await ZooKeeperServer.start();
  using rightful = await RawClient.open(server.port);
  const { sessionId = 0n, password } = rightful.session ?? {};
  const wrong = Buffer.alloc(16, 1);
  for (const attempt of [
    { sessionId, password: wrong },
    { sessionId, password: null },
    { sessionId: sessionId + 99n, password: password ?? null },
  ]) {
    using thief = await RawClient.open(server.port, attempt);
    assert.equal(thief.session?.sessionId, 0n);
    assert.equal(thief.session?.timeoutMs, 0);
    assert.deepEqual(thief.session?.password, Buffer.alloc(16));
    await thief.whenClosed();
  }
  assert.equal((await rightful.ping())?.error, 0);
});

test('a client that has seen a later zxid is turned away without an answer', async () => {
  await using server = await ZooKeeperServer.start();
  using ahead = await RawClient.open(server.port, { lastZxidSeen: 2n ** 62n });
  await ahead.whenClosed();
  assert.equal(ahead.session, null);
});

test('after a restart an old client is let in and learns that its session has expired', async () => {
  const first = await ZooKeeperServer.start();
  using client = await RawClient.open(first.port);
  const created = await client.request(OpCode.create, create('/a'));
  const { sessionId = 0n, password = null } = client.session ?? {};
  await first.stop();
  await using second = await ZooKeeperServer.start({ port: first.port });
  const lastZxidSeen = created?.zxid ?? 0n;
  using back = await RawClient.open(second.port, { lastZxidSeen, sessionId, password });
  assert.equal(back.session?.sessionId, 0n, 'expired, not ignored');
  using fresh = await RawClient.open(second.port, { lastZxidSeen });
  assert.ok((fresh.session?.sessionId ?? 0n) > sessionId);
});

test('requests may follow in the same segment as the connect request', async () => {
  await using server = await ZooKeeperServer.start();
  using client = new RawClient(server.port);
  client.socket.write(
    Buffer.concat([
      connectFrame(),
      requestFrame(OpCode.create, 1, create('/a')),
      requestFrame(OpCode.exists, 2, exists('/a')),
      requestFrame(OpCode.ping, -2),
    ]),
  );
  await waitFor(() => client.received.length === 3);
  const replies = client.received.flatMap((item) => (item.kind === 'reply' ? [item.reply] : []));
  assert.deepEqual(
    replies.map(({ xid, error }) => [xid, error]),
    [
      [1, 0],
      [2, 0],
      [-2, 0],
    ],
  );
});

test('bytes may come one by one', async () => {
  await using server = await ZooKeeperServer.start();
  using client = new RawClient(server.port);
  for (const byte of Buffer.concat([
    connectFrame(),
    requestFrame(OpCode.create, 1, create('/a')),
  ])) {
    client.socket.write(Buffer.from([byte]));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await waitFor(() => client.received.length === 1);
  assert.ok(client.session?.sessionId);
});

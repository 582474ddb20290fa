import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitFor } from '@mpim/testkit';
import {
  createModeFlags,
  ErrorCode,
  EventType,
  type JuteWriter,
  OPEN_ACL,
  OpCode,
  Permission,
  readGetDataResponse,
  writeAuthPacket,
  writeCreateRequest,
  writePathWatchRequest,
  writeSetAclRequest,
  writeSetDataRequest,
} from '@mpim/zookeeper/protocol';
import { ZooKeeperServer } from '@mpim/zookeeper-server';
import { RawClient, requestFrame } from '../support/raw-client.ts';

function create(path: string, flags = 0, data: Buffer | null = Buffer.from('x')) {
  return (output: JuteWriter) => writeCreateRequest(output, { path, data, acl: OPEN_ACL, flags });
}

function setData(path: string, data: Buffer) {
  return (output: JuteWriter) => writeSetDataRequest(output, { path, data, version: -1 });
}

function read(path: string, watch = false) {
  return (output: JuteWriter) => writePathWatchRequest(output, { path, watch });
}

function auth(scheme: string, credentials: string) {
  return (output: JuteWriter) =>
    writeAuthPacket(output, { type: 0, scheme, auth: Buffer.from(credentials) });
}

test('the event comes before the reply of the writer, and before any reply with the new state', async () => {
  await using server = await ZooKeeperServer.start();
  using writer = await RawClient.open(server.port);
  using other = await RawClient.open(server.port);
  await writer.request(OpCode.create, create('/a'));
  for (const client of [writer, other]) await client.request(OpCode.getData, read('/a', true));
  const before = other.received.length;
  // The other reads all the time; among its replies the event must come before the first new value.
  for (let xid = 1000; xid < 1200; xid++) {
    other.socket.write(requestFrame(OpCode.getData, xid, read('/a')));
    if (xid === 1100)
      writer.socket.write(requestFrame(OpCode.setData, 500, setData('/a', Buffer.from('new'))));
  }
  await waitFor(() => other.received.length === before + 201);
  const seen = other.received.slice(before).map((item) => {
    if (item.kind === 'event') return 'event';
    return readGetDataResponse(item.reply.body).data?.toString();
  });
  const event = seen.indexOf('event');
  assert.ok(seen.slice(0, event).every((value) => value === 'x'));
  assert.ok(seen.slice(event + 1).every((value) => value === 'new'));
  await waitFor(() => writer.received.at(-1)?.kind === 'reply' && writer.events.length === 1);
  assert.deepEqual(
    writer.received.slice(-2).map(({ kind }) => kind),
    ['event', 'reply'],
  );
});

test('replies keep the order of the requests, pings and refusals included', async () => {
  await using server = await ZooKeeperServer.start();
  using client = await RawClient.open(server.port);
  const frames = Array.from({ length: 500 }, (_, i) => {
    if (i % 3 === 0) return requestFrame(OpCode.create, i, create(`/n${i}`));
    return i % 3 === 1
      ? requestFrame(OpCode.getData, i, read('/missing'))
      : requestFrame(OpCode.ping, i);
  });
  client.socket.write(Buffer.concat(frames));
  await waitFor(() => client.received.length === 500);
  const xids = client.received.map((item) => (item.kind === 'reply' ? item.reply.xid : null));
  assert.deepEqual(
    xids,
    xids.map((_, i) => (i % 3 === 2 ? -2 : i)),
  );
});

test('closing a session takes its ephemeral nodes along before the answer, and ends all', async () => {
  await using server = await ZooKeeperServer.start();
  using client = await RawClient.open(server.port);
  using witness = await RawClient.open(server.port);
  await client.request(OpCode.create, create('/e', createModeFlags('ephemeral')));
  await witness.request(OpCode.exists, read('/e', true));
  client.socket.write(
    Buffer.concat([
      requestFrame(OpCode.closeSession, 7),
      requestFrame(OpCode.create, 8, create('/after')),
    ]),
  );
  await client.whenClosed();
  const last = client.received.at(-1);
  assert.equal(last?.kind === 'reply' ? last.reply.xid : null, 7);
  await witness.ping();
  assert.deepEqual(witness.events, [{ type: EventType.NodeDeleted, state: 3, path: '/e' }]);
  const after = await witness.request(OpCode.exists, read('/after'));
  assert.equal(after?.error, ErrorCode.NONODE);
});

test('an unknown request kind is refused and ends the connection', async () => {
  await using server = await ZooKeeperServer.start();
  for (const op of [OpCode.check, OpCode.createSession, OpCode.deleteContainer, 9999]) {
    using client = await RawClient.open(server.port);
    assert.equal((await client.request(op))?.error, ErrorCode.UNIMPLEMENTED, `op ${op}`);
    await client.whenClosed();
  }
});

test('an unknown auth scheme fails and ends the connection; a known one opens nodes', async () => {
  await using server = await ZooKeeperServer.start();
  using owner = await RawClient.open(server.port);
  using stranger = await RawClient.open(server.port);
  assert.equal((await owner.request(OpCode.auth, auth('digest', 'alice:secret'), -4))?.zxid, 0n);
  await owner.request(OpCode.create, create('/mine'));
  const acl = [{ permissions: Permission.all, scheme: 'auth', id: '' }];
  const setAcl = (output: JuteWriter) =>
    writeSetAclRequest(output, { path: '/mine', acl, version: -1 });
  assert.equal((await owner.request(OpCode.setACL, setAcl))?.error, 0);
  const refused = await stranger.request(OpCode.getData, read('/mine', true));
  assert.equal(refused?.error, ErrorCode.NOAUTH);
  assert.equal((await owner.request(OpCode.getData, read('/mine')))?.error, 0);
  assert.equal((await stranger.request(OpCode.auth, auth('magic', 'x'), -4))?.error, -115);
  await stranger.whenClosed();
});

test('an event is kept from those who may not read the node', async () => {
  await using server = await ZooKeeperServer.start({
    superDigest: 'super:D/InIHSb7yEEbrWz8b9l71RjZJU=',
  });
  using owner = await RawClient.open(server.port);
  using stranger = await RawClient.open(server.port);
  using root = await RawClient.open(server.port);
  await root.request(OpCode.auth, auth('digest', 'super:test'), -4);
  await owner.request(OpCode.auth, auth('digest', 'alice:secret'), -4);
  for (const client of [stranger, root]) await client.request(OpCode.exists, read('/mine', true));
  const acl = [{ permissions: Permission.all, scheme: 'auth', id: '' }];
  await owner.request(OpCode.create, (output) =>
    writeCreateRequest(output, { path: '/mine', data: null, acl, flags: 0 }),
  );
  for (const client of [stranger, root]) await client.ping();
  assert.deepEqual(stranger.events, []);
  assert.equal(root.events.length, 1);
});

test('a peer that does not read gets its answers later, and they are not heaped up', async () => {
  await using server = await ZooKeeperServer.start();
  using client = await RawClient.open(server.port);
  const data = Buffer.alloc(900_000, 7);
  await client.request(OpCode.create, create('/big', 0, data));
  client.socket.pause();
  const before = process.memoryUsage().arrayBuffers;
  const count = 100;
  const frames = Array.from({ length: count }, (_, i) =>
    requestFrame(OpCode.getData, 100 + i, read('/big')),
  );
  client.socket.write(Buffer.concat(frames));
  using other = await RawClient.open(server.port);
  for (let i = 0; i < 20; i++) await other.ping();
  assert.ok(process.memoryUsage().arrayBuffers - before < 40 << 20, 'a fraction of 90 MB');
  client.received.length = 0;
  client.socket.resume();
  await waitFor(() => client.received.length === count);
});

test('large answers come whole to clients that read at the same time', async () => {
  await using server = await ZooKeeperServer.start();
  using writer = await RawClient.open(server.port);
  const texts = ['a', 'b', 'c'].map((letter) => letter.repeat(900_000));
  for (const [i, text] of texts.entries()) {
    await writer.request(OpCode.create, create(`/${i}`, 0, Buffer.from(text)));
  }
  const readers = await Promise.all(texts.map(() => RawClient.open(server.port)));
  const READS = 20;
  for (let round = 0; round < READS; round++) {
    for (const [i, reader] of readers.entries()) {
      reader.socket.write(requestFrame(OpCode.getData, round + 1, read(`/${i}`)));
    }
    if (round % 3 === 0) await waitFor(() => (readers[0]?.received.length ?? 0) > round);
  }
  for (const [i, reader] of readers.entries()) {
    await waitFor(() => reader.received.length === READS);
    for (const item of reader.received) {
      assert.ok(item.kind === 'reply');
      assert.equal(readGetDataResponse(item.reply.body).data?.toString(), texts[i]);
    }
    reader[Symbol.dispose]();
  }
});

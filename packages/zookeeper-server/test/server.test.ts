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
  writeCreateRequest,
  writeDeleteRequest,
  writePathWatchRequest,
} from '@mpim/zookeeper/protocol';
import { ZooKeeperServer, ZooKeeperServerError } from '@mpim/zookeeper-server';
import { ManualClock } from './support/manual-clock.ts';
import { RawClient, requestFrame } from './support/raw-client.ts';

function create(path: string, flags = 0) {
  return (output: JuteWriter) =>
    writeCreateRequest(output, { path, data: null, acl: OPEN_ACL, flags });
}

function read(path: string, watch = false) {
  return (output: JuteWriter) => writePathWatchRequest(output, { path, watch });
}

const EPHEMERAL = createModeFlags('ephemeral');

test('a silent session ends after its timeout, at most a tick late; reads keep one alive', async () => {
  const clock = new ManualClock();
  await using server = await ZooKeeperServer.start({ clock, tickTimeMs: 1000 });
  using silent = await RawClient.open(server.port, { timeoutMs: 4000 });
  using reader = await RawClient.open(server.port, { timeoutMs: 4000 });
  await silent.request(OpCode.create, create('/silent', EPHEMERAL));
  await reader.request(OpCode.create, create('/reader', EPHEMERAL));
  await clock.advance(3900);
  assert.equal((await reader.request(OpCode.exists, read('/silent', true)))?.error, 0);
  assert.equal(silent.closed, false);
  await clock.advance(1200);
  await silent.whenClosed();
  await reader.ping();
  assert.deepEqual(reader.events, [{ type: EventType.NodeDeleted, state: 3, path: '/silent' }]);
  assert.equal((await reader.request(OpCode.exists, read('/reader')))?.error, 0);
  const { sessionId = 0n, password = null } = silent.session ?? {};
  using late = await RawClient.open(server.port, { sessionId, password });
  assert.equal(late.session?.sessionId, 0n);
});

test('a session outlives its connection until its timeout', async () => {
  const clock = new ManualClock();
  await using server = await ZooKeeperServer.start({ clock, tickTimeMs: 1000 });
  using client = await RawClient.open(server.port, { timeoutMs: 4000 });
  using witness = await RawClient.open(server.port, { timeoutMs: 20_000 });
  await client.request(OpCode.create, create('/e', EPHEMERAL));
  client.socket.destroy();
  await clock.advance(3000);
  assert.equal((await witness.request(OpCode.exists, read('/e')))?.error, 0);
  await clock.advance(2000);
  assert.equal((await witness.request(OpCode.exists, read('/e')))?.error, ErrorCode.NONODE);
});

test('after a pause of the whole process, signs of life that wait in the sockets count first', async () => {
  await using server = await ZooKeeperServer.start({ tickTimeMs: 50 });
  using client = await RawClient.open(server.port, { timeoutMs: 100 });
  assert.equal(client.session?.timeoutMs, 100);
  client.socket.write(requestFrame(OpCode.ping, -2));
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 400);
  assert.equal((await client.ping())?.error, 0);
});

test('connections that never open a session are closed after ten seconds', async () => {
  const clock = new ManualClock();
  await using server = await ZooKeeperServer.start({ clock });
  using idle = new RawClient(server.port);
  using client = await RawClient.open(server.port, { timeoutMs: 40_000 });
  await clock.advance(9000);
  assert.equal(idle.closed, false);
  await clock.advance(3100);
  await idle.whenClosed();
  assert.equal((await client.ping())?.error, 0);
});

test('one address cannot have more connections than allowed', async () => {
  await using server = await ZooKeeperServer.start({ maxClientConnections: 2 });
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

test('a session can be expired and connections dropped on demand', async () => {
  await using server = await ZooKeeperServer.start();
  using kept = await RawClient.open(server.port);
  using expired = await RawClient.open(server.port);
  await kept.request(OpCode.create, create('/kept', EPHEMERAL));
  await expired.request(OpCode.create, create('/expired', EPHEMERAL));
  server.expireSession(expired.session?.sessionId ?? 0n);
  server.expireSession(12345n);
  await expired.whenClosed();
  assert.equal((await kept.request(OpCode.exists, read('/expired')))?.error, ErrorCode.NONODE);
  server.dropConnections();
  await kept.whenClosed();
  const { sessionId = 0n, password = null } = kept.session ?? {};
  using back = await RawClient.open(server.port, { sessionId, password });
  assert.equal((await back.request(OpCode.exists, read('/kept')))?.error, 0);
});

test('containers go once they are empty again, nodes with a time to live once it is over', async () => {
  const clock = new ManualClock();
  await using server = await ZooKeeperServer.start({
    clock,
    extendedTypes: true,
    maxSessionTimeoutMs: 600_000,
  });
  using client = await RawClient.open(server.port, { timeoutMs: 600_000 });
  const gone = async (path: string) =>
    (await client.request(OpCode.exists, read(path)))?.error === ErrorCode.NONODE;
  await client.request(OpCode.createContainer, create('/used', 4));
  await client.request(OpCode.createContainer, create('/unused', 4));
  await client.request(OpCode.create, create('/used/a'));
  await client.request(OpCode.createTTL, (output) => {
    create('/ttl', 5)(output);
    output.longNumber(90_000);
  });
  await clock.advance(61_000);
  assert.equal(await gone('/used'), false, 'it has a child');
  await client.request(OpCode.delete, (output) =>
    writeDeleteRequest(output, { path: '/used/a', version: -1 }),
  );
  await clock.advance(62_000);
  assert.equal(await gone('/used'), true);
  assert.equal(await gone('/ttl'), true);
  assert.equal(await gone('/unused'), false, 'it has five minutes');
  await clock.advance(240_000);
  assert.equal(await gone('/unused'), true);
});

test('how often containers are looked at, how many go at once, and when unused ones go are settings', async () => {
  const clock = new ManualClock();
  await using server = await ZooKeeperServer.start({
    clock,
    tickTimeMs: 1000,
    maxSessionTimeoutMs: 600_000,
    containerCheckIntervalMs: 6000,
    containerMaxPerMinute: 10,
    containerMaxNeverUsedMs: 3000,
  });
  using client = await RawClient.open(server.port, { timeoutMs: 600_000 });
  for (let i = 0; i < 3; i++) await client.request(OpCode.createContainer, create(`/c${i}`, 4));
  const left = async (): Promise<number> => {
    let count = 0;
    for (let i = 0; i < 3; i++) {
      if ((await client.request(OpCode.exists, read(`/c${i}`)))?.error === 0) count++;
    }
    return count;
  };
  await clock.advance(5000);
  assert.equal(await left(), 3);
  // A tenth of a minute, so one of ten.
  for (const expected of [2, 1, 0]) {
    await clock.advance(6000);
    assert.equal(await left(), expected);
  }
});

test('nodes with a time to live are unimplemented unless switched on', async () => {
  await using server = await ZooKeeperServer.start();
  using client = await RawClient.open(server.port);
  const reply = await client.request(OpCode.createTTL, (output) => {
    create('/ttl', 5)(output);
    output.longNumber(90_000);
  });
  assert.equal(reply?.error, ErrorCode.UNIMPLEMENTED);
  assert.equal((await client.ping())?.error, 0);
});

test('what cannot be started is said clearly', async () => {
  await using server = await ZooKeeperServer.start();
  const failure = (code: string) => (error: unknown) =>
    error instanceof ZooKeeperServerError && error.code === code;
  await assert.rejects(ZooKeeperServer.start({ port: server.port }), failure('LISTEN_FAILED'));
  await assert.rejects(ZooKeeperServer.start({ port: 70_000 }), failure('BAD_OPTION'));
  await assert.rejects(ZooKeeperServer.start({ dataDir: '' }), failure('BAD_OPTION'));
  await assert.rejects(ZooKeeperServer.start({ tickTimeMs: 0 }), failure('BAD_OPTION'));
  const upsideDown = { minSessionTimeoutMs: 100, maxSessionTimeoutMs: 50 };
  await assert.rejects(ZooKeeperServer.start(upsideDown), failure('BAD_OPTION'));
});

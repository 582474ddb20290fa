import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { temporaryFolder, waitFor } from '@mpim/testkit';
import { ZooKeeperClient } from '@mpim/zookeeper';
import {
  createModeFlags,
  ErrorCode,
  type JuteWriter,
  OPEN_ACL,
  OpCode,
  writeCreateRequest,
  writePathWatchRequest,
} from '@mpim/zookeeper/protocol';
import {
  type ListenAt,
  type Transport,
  type TransportDoor,
  ZooKeeperServer,
} from '@mpim/zookeeper-server';
import { tcpTransport } from '../src/transport.ts';
import { ManualClock } from './support/manual-clock.ts';
import { MemoryTransport } from './support/memory-sockets.ts';
import { RawClient } from './support/raw-client.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function create(path: string, mode: 'persistent' | 'ephemeral' = 'persistent') {
  const flags = createModeFlags(mode);
  return (output: JuteWriter) =>
    writeCreateRequest(output, { path, data: null, acl: OPEN_ACL, flags });
}

function read(path: string) {
  return (output: JuteWriter) => writePathWatchRequest(output, { path, watch: false });
}

test('a session moves between doors as they are shut one by one', async () => {
  await using server = await ZooKeeperServer.start();
  const second = await server.listen();
  await using client = await ZooKeeperClient.connect({ connectString: second.connectString });
  using there = await RawClient.open(server.port);
  await client.create('/here', null, { mode: 'ephemeral' });
  await second.stop();
  assert.equal(there.closed, false);
  assert.equal((await there.request(OpCode.exists, read('/here')))?.error, 0);
  await waitFor(() => client.state.kind !== 'connected');
  await using again = await server.listen({ port: second.port });
  assert.equal(again.port, second.port);
  assert.notEqual(await client.exists('/here'), null);
  await assert.rejects(server.listen({ port: again.port }), { code: 'LISTEN_FAILED' });
});

test('a server that has stopped does not come back', async () => {
  const server = await ZooKeeperServer.start();
  await server.stop();
  await assert.rejects(server.restart(), { code: 'STOPPED' });
  await assert.rejects(server.listen(), { code: 'STOPPED' });
  await assert.rejects(server.openAdmin(), { code: 'STOPPED' });
});

test('who cannot have an address hears why, and what to do', async () => {
  await using server = await ZooKeeperServer.start();
  const { port } = server;
  const taken = { code: 'LISTEN_FAILED', message: /:\d+: choose another port .*EADDRINUSE/ };
  await assert.rejects(server.listen({ port }), taken);
  await assert.rejects(server.openAdmin({ port }), taken);
  const elsewhere = server.listen({ host: '192.0.2.1' });
  await assert.rejects(elsewhere, { message: /192\.0\.2\.1:0: this machine does not have/ });
  const unknown = server.listen({ host: 'nowhere.invalid' });
  await assert.rejects(unknown, { message: /nowhere\.invalid:0: nobody knows that name/ });
});

test('all connections are read into the same memory', async () => {
  const memories = new Set<ArrayBufferLike>();
  const door = await tcpTransport.listen({ host: '127.0.0.1', port: 0 }, (socket) => {
    socket.on('data', (chunk) => {
      memories.add(chunk.buffer);
      socket.end(chunk);
    });
    socket.on('end', () => socket.destroySoon());
  });
  const echoed = async (text: string): Promise<string> => {
    const socket = connect(door.port, '127.0.0.1');
    const [chunk] = (await once(socket.end(text), 'data')) as [Buffer];
    await once(socket, 'close');
    return chunk.toString();
  };
  assert.deepEqual(await Promise.all(['one', 'two', 'three'].map(echoed)), ['one', 'two', 'three']);
  assert.equal(memories.size, 1);
  await door.close();
});

test('all doors are shut with the server', async () => {
  const server = await ZooKeeperServer.start();
  const second = await server.listen();
  using client = await RawClient.open(second.port);
  await server.stop();
  await client.whenClosed();
  await assert.rejects(once(connect(second.port, '127.0.0.1'), 'connect'), {
    code: 'ECONNREFUSED',
  });
});

/** Opens a door and an admin port and stops both, and gives what becomes of them. */
async function openAndStop(server: ZooKeeperServer): Promise<WeakRef<object>[]> {
  const ports = [await server.listen(), await server.openAdmin()];
  for (const port of ports) await port.stop();
  return ports.map((port) => new WeakRef<object>(port));
}

test('doors that were stopped one by one are let go', async () => {
  await using server = await ZooKeeperServer.start();
  const stopped = await openAndStop(server);
  await waitFor(() => {
    collectGarbage();
    return stopped.every((port) => port.deref() === undefined);
  });
});

test('a restart does not open doors again that were stopped one by one', async () => {
  await using server = await ZooKeeperServer.start();
  const [stopped, kept] = [await server.listen(), await server.listen()];
  await stopped.stop();
  await server.restart();
  await assert.rejects(once(connect(stopped.port, '127.0.0.1'), 'connect'), {
    code: 'ECONNREFUSED',
  });
  for (const { port } of [kept, server]) {
    using client = await RawClient.open(port);
    assert.notEqual(client.session, null);
  }
});

test('a paused server is silent, and loses nobody who spoke meanwhile', async () => {
  const clock = new ManualClock();
  await using server = await ZooKeeperServer.start({ clock, tickTimeMs: 1000 });
  using client = await RawClient.open(server.port, { timeoutMs: 4000 });
  server.pause();
  const reply = client.request(OpCode.create, create('/a', 'ephemeral'));
  const opening = RawClient.open(server.port);
  await clock.advance(60_000);
  assert.equal(client.received.length, 0);
  assert.equal(client.closed, false);
  server.resume();
  assert.equal((await reply)?.error, 0);
  await clock.advance(1000);
  using late = await opening;
  assert.equal((await late.request(OpCode.exists, read('/a')))?.error, 0);
  await clock.advance(6000);
  await client.whenClosed();
});

test('a restart in memory empties the server, on the same ports and with later zxids and ids', async () => {
  const clock = new ManualClock();
  await using server = await ZooKeeperServer.start({ clock });
  await using second = await server.listen();
  const { port } = server;
  using before = await RawClient.open(second.port);
  const created = await before.request(OpCode.create, create('/a'));
  await server.restart();
  await before.whenClosed();
  assert.equal(server.port, port);
  const { sessionId = 0n, password = null } = before.session ?? {};
  const lastZxidSeen = created?.zxid ?? 0n;
  using refused = await RawClient.open(second.port, { sessionId, password, lastZxidSeen });
  assert.equal(refused.session?.sessionId, 0n);
  using after = await RawClient.open(second.port, { lastZxidSeen });
  assert.notEqual(after.session?.sessionId, sessionId);
  assert.equal((await after.request(OpCode.exists, read('/a')))?.error, ErrorCode.NONODE);
});

test('a restart on disk keeps nodes and sessions', async () => {
  await using folder = await temporaryFolder();
  await using server = await ZooKeeperServer.start({ dataDir: folder.path });
  await using client = await ZooKeeperClient.connect({ connectString: server.connectString });
  const { sessionId } = client;
  await client.create('/kept', 'x', { mode: 'ephemeral' });
  await server.restart();
  await waitFor(async () => (await client.exists('/kept').catch(() => null)) !== null);
  assert.equal(client.sessionId, sessionId);
  await server.restart();
  await Promise.all([server.restart(), server.stop()]);
});

test('a simulated day of sessions takes moments', async () => {
  const clock = new ManualClock();
  await using server = await ZooKeeperServer.start({ clock, tickTimeMs: 60_000 });
  using watcher = await RawClient.open(server.port, { timeoutMs: 1_200_000 });
  await watcher.request(OpCode.create, create('/day'));
  let ended = 0;
  for (let hour = 0; hour < 24; hour++) {
    using guest = await RawClient.open(server.port, { timeoutMs: 120_000 });
    await guest.request(OpCode.create, create(`/day/${hour}`, 'ephemeral'));
    for (let minute = 0; minute < 60; minute += 15) {
      await clock.advance(15 * 60_000);
      await watcher.ping();
    }
    await guest.whenClosed();
    const gone = await watcher.request(OpCode.exists, read(`/day/${hour}`));
    if (gone?.error === ErrorCode.NONODE) ended++;
  }
  assert.equal(ended, 24);
  assert.equal(watcher.closed, false);
});

test('every door is opened with the backlog and the keep-alive that are set', async () => {
  const asked: Partial<ListenAt>[] = [];
  const transport = new (class extends MemoryTransport {
    override listen(...[at, accept]: Parameters<Transport['listen']>): Promise<TransportDoor> {
      asked.push(at);
      return super.listen(at, accept);
    }
  })();
  await using server = await ZooKeeperServer.start({
    transport,
    listenBacklog: 7,
    tcpKeepAlive: true,
  });
  await server.listen();
  assert.deepEqual(
    asked.map(({ backlog, keepAlive }) => [backlog, keepAlive]),
    [
      [7, true],
      [7, true],
    ],
  );
});

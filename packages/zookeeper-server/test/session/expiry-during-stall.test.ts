import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fourLetterWord, temporaryFolder, waitFor } from '@mpim/testkit';
import {
  type JuteWriter,
  OPEN_ACL,
  OpCode,
  SpecialXid,
  writeCreateRequest,
  writePathWatchRequest,
} from '@mpim/zookeeper/protocol';
import { ZooKeeperServer, type ZooKeeperServerOptions } from '@mpim/zookeeper-server';
import { FaultyDisk } from '../support/faulty-disk.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { MemoryTransport } from '../support/memory-sockets.ts';
import { connectFrame, RawClient, requestFrame } from '../support/raw-client.ts';

const TICK_MS = 1000;
const TIMEOUT_MS = 4000;
const LONG_STALL_MS = 5 * TIMEOUT_MS;

const create = (path: string, data: Buffer | null = null) =>
  requestFrame(OpCode.create, 1, (output) =>
    writeCreateRequest(output, { path, data, acl: OPEN_ACL, flags: 0 }),
  );
const ping = requestFrame(OpCode.ping, SpecialXid.ping);

/** A server on a disk that stalls from `stall` to `goOn`. */
class StallingServer implements AsyncDisposable {
  readonly clock = new ManualClock();
  readonly #disk = new FaultyDisk();
  #server: ZooKeeperServer | null = null;
  #folder: AsyncDisposable | null = null;

  static async start(options: ZooKeeperServerOptions = {}): Promise<StallingServer> {
    const self = new StallingServer();
    const folder = await temporaryFolder('stall');
    self.#folder = folder;
    self.#server = await ZooKeeperServer.start({
      dataDir: folder.path,
      disk: self.#disk,
      clock: self.clock,
      inlineWrites: false,
      tickTimeMs: TICK_MS,
      fourLetterWordWhitelist: ['mntr'],
      ...options,
    });
    return self;
  }

  get port(): number {
    return this.#server?.port ?? 0;
  }

  open(): Promise<RawClient> {
    return RawClient.open(this.port, { timeoutMs: TIMEOUT_MS });
  }

  /** A client has a write under way that does not end. */
  async stall(client: RawClient): Promise<void> {
    this.#disk.isHeld = true;
    client.socket.write(create('/stalls'));
    await waitFor(() => this.#disk.heldCount > 0);
  }

  goOn(): void {
    this.#disk.isHeld = false;
    while (this.#disk.heldCount > 0) this.#disk.release();
  }

  async figure(name: string): Promise<number> {
    const figures = await fourLetterWord(this.port, 'mntr');
    return Number(new RegExp(`^zk_${name}\t(\\d+)$`, 'm').exec(figures)?.[1]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.goOn();
    await this.#server?.[Symbol.asyncDispose]();
    await this.#folder?.[Symbol.asyncDispose]();
  }
}

test('a session whose client waits for a stalled disk does not end, and one that is silent does', async () => {
  await using server = await StallingServer.start({ maxOutstandingRequests: 1 });
  using busy = await server.open();
  using silent = await server.open();
  await server.stall(busy);
  // The second is above the limit: nothing more is read, and the pings wait in the socket.
  busy.socket.write(Buffer.concat([create('/a'), create('/b'), ping]));
  await waitFor(async () => (await server.figure('reads_suspended')) > 0);
  await server.clock.advance(LONG_STALL_MS);
  await silent.whenClosed();
  assert.equal(busy.closed, false);
  server.goOn();
  await busy.until(() => busy.received.length === 4);
  assert.equal(busy.received.length, 4);
  await server.clock.advance(TIMEOUT_MS + 2 * TICK_MS);
  await busy.whenClosed();
  assert.equal(await server.figure('stale_sessions_expired'), 2, 'it lasts no longer than ever');
});

test('neither does that of a client which waits for the answer to its connect request', async () => {
  await using server = await StallingServer.start();
  using other = await server.open();
  const { sessionId = 0n, password = null } = other.session ?? {};
  await server.stall(other);
  using back = new RawClient(server.port);
  back.socket.write(connectFrame({ sessionId, password, timeoutMs: TIMEOUT_MS }));
  await other.whenClosed();
  await server.clock.advance(LONG_STALL_MS);
  server.goOn();
  await back.until(() => back.session !== null);
  assert.equal(back.session?.sessionId, sessionId);
  assert.equal((await back.ping())?.error, 0);
});

test('a client that takes its answers too slowly waits for nobody but itself', async () => {
  const transport = new MemoryTransport();
  const clock = new ManualClock();
  await using _server = await ZooKeeperServer.start({ transport, clock, tickTimeMs: TICK_MS });
  const slow = transport.connect();
  slow.emit('data', connectFrame({ timeoutMs: TIMEOUT_MS }));
  await waitFor(() => slow.bytesWritten > 0);
  slow.writableLength = 5 << 20;
  slow.emit('data', ping);
  assert.ok(slow.isPaused());
  // Some more of it, and then no more for ever.
  slow.writableLength = 3 << 20;
  await clock.advance(TIMEOUT_MS + 2 * TICK_MS);
  assert.ok(slow.isClosed);
});

test('who gives up waiting has the whole timeout to come back, and no more', async () => {
  await using server = await StallingServer.start();
  const [first, second] = [await server.open(), await server.open()];
  await server.stall(first);
  second.socket.write(create('/second'));
  await waitFor(async () => (await server.figure('outstanding_requests')) === 2);
  await server.clock.advance(TIMEOUT_MS - TICK_MS);
  for (const client of [first, second]) client.socket.resetAndDestroy();
  await waitFor(async () => (await server.figure('num_alive_connections')) === 1);
  await server.clock.advance(TIMEOUT_MS - TICK_MS);
  assert.equal(await server.figure('stale_sessions_expired'), 0);
  using back = new RawClient(server.port);
  const { sessionId = 0n, password = null } = first.session ?? {};
  back.socket.write(connectFrame({ sessionId, password, timeoutMs: TIMEOUT_MS }));
  await waitFor(async () => (await server.figure('num_alive_connections')) === 2);
  await server.clock.advance(LONG_STALL_MS);
  assert.equal(await server.figure('stale_sessions_expired'), 1);
  server.goOn();
  await back.until(() => back.session !== null);
  assert.equal(back.session?.sessionId, sessionId);
});

test('nor does the session of a client that is not read from because too much waits for the disk', async () => {
  const bytes = 1 << 19;
  await using server = await StallingServer.start({ maxUnsentBytes: bytes });
  using reader = await server.open();
  using idle = await server.open();
  await reader.request(OpCode.create, (output) =>
    writeCreateRequest(output, { path: '/a', data: Buffer.alloc(bytes), acl: OPEN_ACL, flags: 0 }),
  );
  await server.stall(reader);
  const readA = (output: JuteWriter) => writePathWatchRequest(output, { path: '/a', watch: false });
  reader.socket.write(requestFrame(OpCode.getData, 2, readA));
  await waitFor(async () => (await server.figure('outstanding_requests')) === 2);
  const suspended = await server.figure('reads_suspended');
  idle.socket.write(ping);
  await waitFor(async () => (await server.figure('reads_suspended')) > suspended);
  await server.clock.advance(LONG_STALL_MS);
  assert.equal(await server.figure('stale_sessions_expired'), 0);
  server.goOn();
  await idle.until(() => idle.received.length > 0);
  assert.equal(idle.closed, false);
});

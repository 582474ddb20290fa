import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fourLetterWord, temporaryFolder, waitFor } from '@mpim/testkit';
import {
  type JuteWriter,
  OPEN_ACL,
  OpCode,
  writeCreateRequest,
  writeMultiRequest,
  writePathWatchRequest,
} from '@mpim/zookeeper/protocol';
import { silentLogger, ZooKeeperServer, type ZooKeeperServerOptions } from '@mpim/zookeeper-server';
import { OutputBudget, type OutputHolder } from '../../src/connection/output-budget.ts';
import { FaultyDisk } from '../support/faulty-disk.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { RawClient, requestFrame } from '../support/raw-client.ts';

const MEGABYTE = 1_000_000;
/** Of the answer to {@link readMuch}: more than a socket takes whether its peer reads or not. */
const ANSWER_BYTES = 20 * MEGABYTE;

const part = { type: OpCode.getData, request: { path: '/a', watch: false } } as const;
const operations = Array.from({ length: ANSWER_BYTES / MEGABYTE }, () => part);
const readOne = (output: JuteWriter) => writePathWatchRequest(output, part.request);
const readMuch = (output: JuteWriter) => writeMultiRequest(output, { operations });

const create = (path: string, data: Buffer) => (output: JuteWriter) =>
  writeCreateRequest(output, { path, data, acl: OPEN_ACL, flags: 0 });

async function serverWithData(options: ZooKeeperServerOptions): Promise<ZooKeeperServer> {
  const server = await ZooKeeperServer.start({ fourLetterWordWhitelist: ['mntr'], ...options });
  using client = await RawClient.open(server.port);
  await client.request(OpCode.create, create('/a', Buffer.alloc(MEGABYTE)));
  return server;
}

async function figure(server: ZooKeeperServer, name: string): Promise<number> {
  const figures = await fourLetterWord(server.port, 'mntr');
  return Number(new RegExp(`^zk_${name}\t(\\d+)$`, 'm').exec(figures)?.[1]);
}

test('clients that never read hold no more than the bound, and harm nobody who reads', async () => {
  const warnings: string[] = [];
  const logger = { ...silentLogger, warn: (_: object, message: string) => warnings.push(message) };
  const maxUnsentBytes = 3 * ANSWER_BYTES;
  await using server = await serverWithData({ maxUnsentBytes, logger });
  using reader = await RawClient.open(server.port);
  const before = process.memoryUsage.rss();
  const deaf: RawClient[] = [];
  for (let i = 0; i < 40; i++) {
    const client = await RawClient.open(server.port);
    client.socket.pause();
    client.socket.write(requestFrame(OpCode.multiRead, 1, readMuch));
    deaf.push(client);
    assert.equal((await reader.ping())?.error, 0);
    if (i % 4 > 0) continue;
    const reply = await reader.request(OpCode.multiRead, readMuch);
    assert.ok((reply?.body.remaining ?? 0) > ANSWER_BYTES);
    reader.received.length = 0;
  }
  const grown = process.memoryUsage.rss() - before;
  assert.ok(grown < 500 * MEGABYTE, `${grown / MEGABYTE} MB for ${40 * 20} MB of answers`);
  const cutOff = await figure(server, 'slow_clients_cut_off');
  assert.ok(cutOff > 30, `${cutOff} were cut off`);
  assert.equal(warnings.length, cutOff);
  assert.match(warnings[0] ?? '', /does not read its answers, while all together leave too much/);
  const unread = await figure(server, 'unread_bytes');
  assert.ok(unread > 0 && unread <= maxUnsentBytes, `${unread}`);
  assert.equal(reader.closed, false);
  for (const client of deaf) client.socket.destroy();
  await waitFor(async () => (await figure(server, 'unread_bytes')) === 0);
});

test('while the disk stalls no more answers are made than may wait, and nobody is cut off for it', async () => {
  await using folder = await temporaryFolder('output-budget');
  const disk = new FaultyDisk();
  const maxUnsentBytes = 16 * MEGABYTE;
  const options = { dataDir: folder.path, disk, inlineWrites: false, maxClientConnections: 0 };
  await using server = await serverWithData({ ...options, maxUnsentBytes });
  const readers: RawClient[] = [];
  for (let i = 0; i < 100; i++) readers.push(await RawClient.open(server.port));
  using writer = await RawClient.open(server.port);
  const letGo = () => {
    disk.isHeld = false;
    while (disk.heldCount > 0) disk.release();
  };
  using _held = { [Symbol.dispose]: letGo };
  disk.isHeld = true;
  const written = writer.request(OpCode.create, create('/b', Buffer.alloc(0)));
  await waitFor(() => disk.heldCount > 0);
  const replies = readers.map((client) => client.request(OpCode.getData, readOne));
  // Twelve of a megabyte are three quarters of sixteen, and a little more; and there is the write.
  await waitFor(async () => (await figure(server, 'reads_suspended')) >= readers.length - 12);
  assert.equal(await figure(server, 'outstanding_requests'), 12 + 1);
  letGo();
  assert.equal((await written)?.error, 0);
  for (const reply of await Promise.all(replies)) {
    assert.ok((reply?.body.remaining ?? 0) > MEGABYTE);
  }
  assert.equal(await figure(server, 'slow_clients_cut_off'), 0);
  for (const client of readers) client.socket.destroy();
});

test('who goes first', () => {
  const clock = new ManualClock(100_000);
  /** Who was cut off of those with so many KiB unread, each since so many ms. */
  const cutOff = (maxKiB: number, held: [name: string, kiB: number, sinceMs: number][]): string => {
    const budget = new OutputBudget({ maxUnsentBytes: maxKiB * 1024 }, clock);
    let gone = '';
    for (const [name, kiB, sinceMs] of held) {
      const holder = {
        unreadBytes: kiB * 1024,
        caughtUpAt: clock.monotonic() - sinceMs,
        cutOff: () => {
          holder.unreadBytes = 0;
          gone += name;
        },
      } satisfies OutputHolder;
      budget.look(holder);
    }
    budget.relieve();
    return gone;
  };
  const hold = (a: [number, number], b: [number, number], c: [number, number]) =>
    [a, b, c].map(([kiB, sinceMs], i): [string, number, number] => ['abc'[i] ?? '', kiB, sinceMs]);
  assert.equal(cutOff(4000, hold([900, 500], [900, 500], [900, 500])), '', 'within the bound');
  assert.equal(cutOff(2000, hold([800, 10], [900, 0], [700, 500])), 'c', 'who has had it longest');
  assert.equal(cutOff(2000, hold([700, 0], [900, 0], [800, 0])), 'b', 'or most');
  assert.equal(cutOff(1200, hold([800, 10], [900, 0], [700, 500])), 'ca', 'until it fits');
  assert.equal(cutOff(4000, hold([900, 999], [900, 1000], [900, 1])), 'b', 'half for who reads');
  assert.equal(cutOff(2000, hold([100, 60_000], [2000, 0], [100, 60_000])), 'b', 'not the small');
  assert.equal(cutOff(100, hold([63, 5], [63, 5], [63, 5])), '', 'next to nothing');
  assert.equal(cutOff(0, hold([1e6, 5000], [1e6, 5000], [1e6, 5000])), '', 'no bound');
});

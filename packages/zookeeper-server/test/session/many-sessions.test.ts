import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { waitFor } from '@mpim/testkit';
import { type JuteWriter, OpCode, writePathWatchRequest } from '@mpim/zookeeper/protocol';
import { ZooKeeperServer } from '@mpim/zookeeper-server';
import { ManualClock } from '../support/manual-clock.ts';
import { MemoryTransport } from '../support/memory-sockets.ts';
import { connectFrame, requestFrame } from '../support/raw-client.ts';

const SESSIONS = 10_000;
const WATCHES_EACH = 10;
/** About twice what they take; without bounds it would be a multiple. */
const MAX_BYTES = 160 << 20;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function usedBytes(): number {
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

test('ten thousand sessions with a hundred thousand watches have one timer, and leave nothing', async () => {
  const clock = new ManualClock();
  const transport = new MemoryTransport();
  const limits = { maxClientConnections: 0, tickTimeMs: 1000 };
  await using server = await ZooKeeperServer.start({ transport, clock, ...limits });
  await using admin = await server.openAdmin();
  const monitor = async () => {
    const response = await fetch(`http://127.0.0.1:${admin.port}/commands/monitor`);
    return (await response.json()) as Record<string, number>;
  };
  const before = usedBytes();
  const exists = (path: string) => (output: JuteWriter) =>
    writePathWatchRequest(output, { path, watch: true });
  for (let i = 0; i < SESSIONS; i++) {
    const socket = transport.connect();
    socket.emit('data', connectFrame({ timeoutMs: 20_000 }));
    for (let watch = 0; watch < WATCHES_EACH; watch++) {
      const path = exists(`/service/${(i * WATCHES_EACH + watch) % 1000}`);
      socket.emit('data', requestFrame(OpCode.exists, watch, path));
    }
    if (i % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  const loaded = await monitor();
  assert.equal(loaded.global_sessions, SESSIONS);
  assert.equal(loaded.watch_count, SESSIONS * WATCHES_EACH);
  const bytes = usedBytes() - before;
  assert.ok(bytes < MAX_BYTES, `${Math.round(bytes / 1024)} KB`);
  assert.equal(clock.timerCount, 1);
  // While they are silent nothing happens until their time is up, and then all of it.
  const sent = loaded.packets_sent;
  await clock.advance(19_000);
  assert.equal((await monitor()).packets_sent, sent);
  await clock.advance(2000);
  await waitFor(() => transport.sockets.every(({ isClosed }) => isClosed));
  const after = await monitor();
  assert.deepEqual(
    [after.global_sessions, after.watch_count, after.num_alive_connections],
    [0, 0, 0],
  );
  assert.equal(after.stale_sessions_expired, SESSIONS);
  assert.equal(clock.timerCount, 1);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitFor } from '@mpim/testkit';
import { OpCode, writePathWatchRequest } from '@mpim/zookeeper/protocol';
import { ZooKeeperServer } from '@mpim/zookeeper-server';
import { ManualClock } from '../support/manual-clock.ts';
import { type MemorySocket, MemoryTransport } from '../support/memory-sockets.ts';
import { connectFrame, requestFrame } from '../support/raw-client.ts';

/** A clock by which everything takes long: each look at it is so many ms later. */
class SlowClock extends ManualClock {
  msPerLook = 0;
  #later = 0;

  override monotonic(): number {
    this.#later += this.msPerLook;
    return super.monotonic() + this.#later;
  }
}

const CONNECT_BYTES = 41;
/** Of the answer to `exists` for a node that is there. */
const ANSWER_BYTES = 4 + 16 + 68;

const exists = requestFrame(OpCode.exists, 1, (output) =>
  writePathWatchRequest(output, { path: '/', watch: false }),
);
const answersTo = ({ bytesWritten }: MemorySocket) => (bytesWritten - CONNECT_BYTES) / ANSWER_BYTES;

/** Has `told` called with each write to a socket. */
function onWrite(socket: MemorySocket, told: () => void): void {
  const write = socket.write.bind(socket);
  socket.write = (bytes) => {
    write(bytes);
    told();
  };
}

/**
 * Sends a hundred requests at once over one connection, then one over another: how many were answered in the first write,
 * and how many by the time that the other was.
 */
async function race(msPerLook: number): Promise<{ first: number; untilOther: number }> {
  const clock = new SlowClock();
  const transport = new MemoryTransport();
  await using _server = await ZooKeeperServer.start({ transport, clock });
  const [busy, other] = [transport.connect(), transport.connect()];
  for (const socket of [busy, other]) socket.emit('data', connectFrame());
  await waitFor(() => busy.bytesWritten > 0 && other.bytesWritten > 0);
  clock.msPerLook = msPerLook;
  const writes: number[] = [];
  let untilOther = -1;
  onWrite(busy, () => writes.push(answersTo(busy)));
  onWrite(other, () => {
    untilOther = answersTo(busy);
  });
  busy.emit('data', Buffer.concat(Array.from({ length: 100 }, () => exists)));
  other.emit('data', exists);
  await waitFor(() => answersTo(busy) === 100 && answersTo(other) === 1);
  return { first: writes[0] ?? 0, untilOther };
}

test('who sends many requests that take long lets others have their turn in between', async () => {
  assert.deepEqual(await race(0), { first: 100, untilOther: 100 });
  assert.deepEqual(await race(20), { first: 4, untilOther: 4 });
});

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { ZooKeeperClient } from '@mpim/zookeeper';
import { FrameDecoder, JuteWriter, writeConnectResponse } from '@mpim/zookeeper/protocol';

/** Until the back-off has reached its longest waits, up to 2 s: those before are up to 100, 200, … 1600 ms. */
const RAMP_UP_MS = 4000;
const OBSERVED_MS = 5000;
const MANY = 100;

/** Counts connections, and lets none of them live. */
async function slammingListener(slam: (socket: Socket) => void) {
  const accepted: number[] = [];
  const listener = createServer((socket) => {
    accepted.push(performance.now());
    socket.on('error', () => {});
    slam(socket);
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  return {
    connectString: `127.0.0.1:${port}`,
    /** How many came from `from` ms on, for `forMs`. */
    between: (from: number, forMs: number) =>
      accepted.filter((at) => at >= from && at < from + forMs).length,
    async [Symbol.asyncDispose]() {
      listener.close();
      await once(listener, 'close');
    },
  };
}

/** Opens a session and hangs up: a server that is sick, but not so that a client can see it. */
function openAndHangUp(socket: Socket): void {
  const decoder = new FrameDecoder();
  socket.on('data', (bytes) => {
    decoder.push(bytes);
    if (decoder.next() === null) return;
    const output = new JuteWriter();
    const frame = output.beginFrame();
    writeConnectResponse(output, {
      protocolVersion: 0,
      timeoutMs: 30_000,
      sessionId: 1n,
      password: Buffer.alloc(16),
      readOnly: false,
    });
    output.endFrame(frame);
    socket.end(output.take());
  });
}

describe('attempts to connect', { concurrency: true }, () => {
  const faults = [
    { name: 'a server that closes at once', slam: (socket: Socket) => void socket.destroy() },
    { name: 'a server that opens a session and hangs up', slam: openAndHangUp },
  ];
  for (const { name, slam } of faults) {
    for (const clients of [1, MANY]) {
      it(`at ${name} grow rarer: ${clients} of them`, async () => {
        await using listener = await slammingListener(slam);
        const { connectString } = listener;
        const began = performance.now();
        await using running = new AsyncDisposableStack();
        for (let i = 0; i < clients; i++) {
          running.use(ZooKeeperClient.startConnecting({ connectString }));
        }
        await delay(RAMP_UP_MS + OBSERVED_MS);
        const first = listener.between(began, 1000);
        const later = listener.between(began + RAMP_UP_MS, OBSERVED_MS);
        // Each client waits a second on average, two at most. One alone may be lucky in its draws; many are not.
        const perSecond = later / clients / (OBSERVED_MS / 1000);
        assert.ok(perSecond <= (clients === 1 ? 3 : 1.3), `${perSecond} a second and client`);
        assert.ok(perSecond >= (clients === 1 ? 0.2 : 0.3), `${perSecond} a second and client`);
        // Waits of up to 100, 200, 400 and 800 ms come first: most clients try 4 to 8 times.
        assert.ok(first <= clients * (clients === 1 ? 20 : 9), `${first} in the first second`);
      });
    }
  }
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryTransport, type Transport, type TransportSocket } from '../../src/index.ts';
import { FrameType } from '../../src/wire/constants.ts';
import { FrameDecoder } from '../../src/wire/frame-decoder.ts';
import { connect, startProvider } from '../support/test-service.ts';

/** Hears of each write how many frames of a type it held. */
function countingTransport(
  inner: Transport,
  type: number,
  onWrite: (frames: number) => void,
): Transport {
  const count = (socket: TransportSocket): TransportSocket => {
    const write = socket.write.bind(socket);
    socket.write = (chunk) => {
      let frames = 0;
      const decoder = new FrameDecoder(
        { onFrame: (found) => void (found === type && frames++) },
        1024 * 1024,
      );
      decoder.push(Buffer.from(chunk));
      if (frames > 0) onWrite(frames);
      return write(chunk);
    };
    return socket;
  };
  return {
    connect: (address) => count(inner.connect(address)),
    listen: (address, onSocket) => inner.listen(address, (socket) => onSocket(count(socket))),
  };
}

test('requests of one tick, and their answers, are written 64 at a time', async () => {
  const requests: number[] = [];
  const answers: number[] = [];
  const transport = new MemoryTransport();
  await using provider = await startProvider(
    {},
    {
      transport: countingTransport(transport, FrameType.RESPONSE, (count) => answers.push(count)),
    },
  );
  await using connected = connect([provider.port], {
    transport: countingTransport(transport, FrameType.REQUEST, (count) => requests.push(count)),
  });
  const { client } = connected;
  await client.read({ text: 'opens the connection' });
  const texts = Array.from({ length: 150 }, (_, nth) => `call ${nth}`);
  const echoes = await Promise.all(texts.map((text) => client.read({ text })));
  assert.deepEqual(
    echoes.map(({ text }) => text),
    texts,
  );
  assert.deepEqual(requests, [1, 64, 64, 22]);
  assert.equal(
    answers.reduce((sum, count) => sum + count),
    151,
  );
  assert.ok(Math.max(...answers) <= 64, `${answers}`);
  // The next tick begins anew.
  await Promise.all(texts.slice(0, 63).map((text) => client.read({ text })));
  assert.equal(requests.at(-1), 63);
});

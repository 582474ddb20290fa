import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type TransportSocket, tcpTransport } from '../../src/index.ts';

const ADDRESS = { host: '127.0.0.1', port: 0 };

/** What arrives at a socket when 256 KiB are sent to it by a receiver that says so of each chunk. */
async function received(isDone: (chunk: Buffer) => boolean): Promise<Buffer[]> {
  const chunks: Buffer[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  let bytes = 0;
  let served: TransportSocket | undefined;
  const listener = await tcpTransport.listen(ADDRESS, (socket) => {
    served = socket;
    socket.setHandler({
      onOpen() {},
      onData(chunk) {
        chunks.push(chunk);
        bytes += chunk.length;
        if (bytes === 256 * 1024) setImmediate(resolve);
        return isDone(chunk);
      },
      onDrain() {},
      onClose() {},
    });
  });
  const client = tcpTransport.connect(listener);
  client.setHandler({
    onOpen: () => client.write(Buffer.alloc(256 * 1024, 'x')),
    onData: () => true,
    onDrain() {},
    onClose() {},
  });
  await promise;
  client.destroy();
  served?.destroy();
  await Promise.all([client.closed, served?.closed, listener.close()]);
  return chunks;
}

describe('NetSocket', () => {
  test('gives back the memory of large chunks that the receiver has done with', async () => {
    let large = 0;
    const chunks = await received((chunk) => {
      if (chunk.length >= 4096) large++;
      return true;
    });
    assert.ok(large > 0);
    assert.equal(chunks.filter(({ length }) => length === 0).length, large);
  });

  test('leaves chunks alone that the receiver keeps', async () => {
    const chunks = await received(() => false);
    assert.equal(Buffer.concat(chunks).toString(), 'x'.repeat(256 * 1024));
  });
});

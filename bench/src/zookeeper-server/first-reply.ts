import { setTimeout as delay } from 'node:timers/promises';
import { FrameRing, writeFrame } from './frames.ts';
import { LoadConnection } from './load-connection.ts';

const RETRY_MS = 1;
/** Apache ZooKeeper may never answer what it was sent too early: that is tried again, so that the wait does not count as starting. */
const PATIENCE_MS = 100;

/** Waits until a server that is starting answers a read. Rejects when it `isGone`. */
export async function firstReply(port: number, isGone: () => boolean): Promise<void> {
  for (;;) {
    try {
      const connection = await LoadConnection.open(0, port, PATIENCE_MS);
      await read(connection);
      await connection.close();
      return;
    } catch (error) {
      if (isGone()) throw error;
      await delay(RETRY_MS);
    }
  }
}

function read(connection: LoadConnection): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const ring = new FrameRing(1, (output) => writeFrame(output, 1, 'get', '/'));
  connection.use(ring, {
    answered: () => resolve(),
    notified() {},
    closed: () => reject(new Error('the server has closed the connection')),
  });
  connection.send(1);
  return promise;
}

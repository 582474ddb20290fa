import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Transport } from '@mpim/zookeeper';
import { ZooKeeperServer } from '@mpim/zookeeper-server';
import { tcpTransport } from '../../../src/client/connection/transport.ts';
import { connect, stateOf } from '../suite/server-under-test.ts';

/** TCP on which the next answer can be changed on its way. */
function garblingTransport() {
  const tcp = tcpTransport(Math.random);
  let garble: ((chunk: Buffer) => Buffer) | null = null;
  const transport: Transport = {
    connect: (host, handlers) =>
      tcp.connect(host, {
        ...handlers,
        received(chunk) {
          const change = garble;
          garble = null;
          handlers.received(change === null ? chunk : change(Buffer.from(chunk)));
        },
      }),
  };
  return {
    transport,
    garbleNext: (change: (chunk: Buffer) => Buffer) => {
      garble = change;
    },
  };
}

function withInt(value: number, offset: number): (chunk: Buffer) => Buffer {
  return (chunk) => {
    chunk.writeInt32BE(value, offset);
    return chunk;
  };
}

const XID_OFFSET = 4;
const BODY_OFFSET = 20;

describe('a garbled answer', () => {
  const cases: [string, (chunk: Buffer) => Buffer][] = [
    ['of another request', withInt(77, XID_OFFSET)],
    ['with a body cut short', withInt(2_000_000, BODY_OFFSET)],
    ['with an impossible frame length', withInt(-5, 0)],
    ['to no request', (chunk) => Buffer.concat([chunk, chunk])],
  ];
  for (const [name, change] of cases) {
    it(`${name} costs the connection, not the process nor the session`, async () => {
      await using server = await ZooKeeperServer.start();
      const { transport, garbleNext } = garblingTransport();
      await using zk = await connect(server, { transport });
      await zk.create('/a', 'x');
      const id = zk.sessionId;
      garbleNext(change);
      const answers = await Promise.allSettled([zk.get('/a'), zk.get('/a')]);
      await stateOf(zk, 'connected');
      for (const answer of answers) {
        if (answer.status === 'rejected') {
          assert.equal(answer.reason.code, 'CONNECTION_LOSS');
          assert.equal(answer.reason.sent, true);
        }
      }
      assert.equal((await zk.get('/a')).data?.toString(), 'x');
      assert.equal(zk.sessionId, id);
    });
  }
});

import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { ApacheZooKeeper, missingDebianPackage } from '@mpim/testkit';
import { type ConnectRequest, OpCode, writePathWatchRequest } from '@mpim/zookeeper/protocol';
import { ZooKeeperServer } from '@mpim/zookeeper-server';
import { connectFrame, frameOf, RawClient, requestFrame } from '../support/raw-client.ts';

const missing = await missingDebianPackage('zookeeper');
const MIN_INT = -(2 ** 31);

const NEW: readonly Partial<ConnectRequest>[] = [
  ...[0, -5, MIN_INT, 1, 999, 1000, 10_001, 2 ** 31 - 1].map((timeoutMs) => ({ timeoutMs })),
  ...[0, 3, 16, 1000].map((bytes) => ({ password: Buffer.alloc(bytes, 1) })),
  ...[-1n, 0n, 2n ** 63n - 1n, -(2n ** 63n)].map((lastZxidSeen) => ({ lastZxidSeen })),
  ...[1, -1, 99].map((protocolVersion) => ({ protocolVersion })),
  { readOnly: true },
  { sessionId: -1n, password: Buffer.alloc(16) },
  { sessionId: 12_345n },
];

/** What a client sees of its handshake, but for the values that are its own. */
async function outcomeOf(port: number, request: Partial<ConnectRequest>): Promise<object | null> {
  using client = new RawClient(port);
  client.socket.write(connectFrame(request));
  await client.until(() => client.session !== null);
  const { session } = client;
  if (session === null) return null;
  const { timeoutMs, readOnly, protocolVersion, password, sessionId } = session;
  const bytes = password?.length;
  const isRefused = sessionId === 0n;
  if (isRefused) await client.whenClosed();
  else assert.equal((await client.ping())?.error, 0);
  return { timeoutMs, readOnly, protocolVersion, bytes, isRefused };
}

/** Sends bytes and gives what has come once the server has ended the connection. */
function answerTo(port: number, bytes: Buffer): Promise<Buffer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', () => {});
    socket.on('close', () => resolve(Buffer.concat(chunks)));
  });
}

const framed = (bytes: Buffer) => frameOf((output) => output.raw(bytes));

/** Connect requests cut short and prolonged, those that are good with the end of the session behind them. */
function oddConnects(): readonly Buffer[] {
  const whole = connectFrame().subarray(4);
  const old = whole.subarray(0, whole.length - 1);
  const end = requestFrame(OpCode.closeSession, 1);
  const read = requestFrame(OpCode.exists, 2, (output) =>
    writePathWatchRequest(output, { path: '/', watch: false }),
  );
  return [
    ...[0, 1, 4, 8, 20, old.length - 1].map((bytes) => framed(whole.subarray(0, bytes))),
    ...[old, whole, Buffer.concat([whole, Buffer.alloc(6)])].map((bytes) =>
      Buffer.concat([framed(bytes), end]),
    ),
    Buffer.concat([connectFrame(), read, end]),
  ];
}

/** What is no request of an open session. */
function badFrames(): readonly Buffer[] {
  const lengths = [0, 7, -1, 2 ** 31 - 1].map((length) => {
    const frame = Buffer.alloc(4 + 8);
    frame.writeInt32BE(length);
    return frame;
  });
  return [...lengths, Buffer.from('ruok')];
}

test('odd handshakes are answered as Apache ZooKeeper answers them', {
  skip: missing ?? false,
}, async (t) => {
  await using apache = await ApacheZooKeeper.start({ forceSync: 'no', maxClientCnxns: 0 });
  await using ours = await ZooKeeperServer.start({ tickTimeMs: 500, maxClientConnections: 0 });
  for (const request of NEW) {
    const { password, ...rest } = request;
    const label = password
      ? `a password of ${password.length} bytes`
      : Object.entries(rest).join(' ');
    await t.test(label, async () => {
      assert.deepEqual(await outcomeOf(ours.port, request), await outcomeOf(apache.port, request));
    });
  }
  for (const [i, bytes] of oddConnects().entries()) {
    await t.test(`odd connect request ${i}`, async () => {
      const [theirs, own] = [await answerTo(apache.port, bytes), await answerTo(ours.port, bytes)];
      assert.equal(own.length, theirs.length);
    });
  }
  for (const bytes of badFrames()) {
    await t.test(`behind a handshake: ${bytes.toString('hex')}`, async () => {
      for (const { port } of [apache, ours]) {
        using client = await RawClient.open(port);
        client.socket.write(bytes);
        await client.whenClosed();
        assert.equal(client.received.length, 0);
      }
    });
  }
});

import assert from 'node:assert/strict';
import { connect as connectTcp } from 'node:net';
import { test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { missingDebianPackage, temporaryFolder } from '@mpim/testkit';
import {
  ErrorCode,
  type JuteWriter,
  type MultiRequest,
  OPEN_ACL,
  OpCode,
  readMultiResponse,
  writeAddWatchRequest,
  writeAuthPacket,
  writeCreateRequest,
  writeMultiRequest,
  writeSetDataRequest,
} from '@mpim/zookeeper/protocol';
import { silentLogger, ZooKeeperServer } from '@mpim/zookeeper-server';
import { certificate } from '../support/certificates.ts';
import { Dice } from '../support/dice.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { connectFrame, RawClient, requestFrame } from '../support/raw-client.ts';

const missing = await missingDebianPackage('openssl');

function lengthOf(bytes: number): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(bytes);
  return length;
}

test('impossible frames close their own connection, before and after the handshake', async () => {
  await using server = await ZooKeeperServer.start();
  using witness = await RawClient.open(server.port);
  const bad: [string, Buffer][] = [
    ['negative length', lengthOf(-1)],
    ['most negative length', lengthOf(-(2 ** 31))],
    ['one byte too long', lengthOf(1_048_576)],
    ['giant length', lengthOf(0x7fff_ffff)],
    ['shorter than a header', Buffer.concat([lengthOf(3), Buffer.from('abc')])],
    ['empty frame', lengthOf(0)],
  ];
  for (const [what, bytes] of bad) {
    using fresh = new RawClient(server.port);
    fresh.socket.write(bytes);
    await fresh.whenClosed();
    using open = await RawClient.open(server.port);
    open.socket.write(bytes);
    await open.whenClosed();
    assert.deepEqual(open.received, [], what);
  }
  assert.equal((await witness.ping())?.error, 0);
});

test('random bytes never harm anybody else', async () => {
  await using server = await ZooKeeperServer.start({ maxClientConnections: 0 });
  using witness = await RawClient.open(server.port);
  const dice = new Dice(7);
  for (let round = 0; round < 60; round++) {
    using client = new RawClient(server.port);
    const noise = Buffer.from(Array.from({ length: 1 + dice.below(300) }, () => dice.below(256)));
    const op = dice.below(24);
    // A third is plain noise, a third noise as connect request, a third noise as request body.
    if (round % 3 === 0) client.socket.end(noise);
    else if (round % 3 === 1) client.socket.end(Buffer.concat([lengthOf(noise.length), noise]));
    else {
      const request = requestFrame(op, 1, (output) => output.raw(noise));
      client.socket.end(Buffer.concat([connectFrame(), request]));
    }
    await client.whenClosed();
  }
  assert.equal((await witness.ping())?.error, 0);
});

test('a body that ends too soon is answered, and the connection goes on', async () => {
  await using server = await ZooKeeperServer.start();
  using client = await RawClient.open(server.port);
  for (const op of [OpCode.create, OpCode.getData, OpCode.multi, OpCode.setWatches]) {
    const reply = await client.request(op, (output) => output.int(0x7fff_ffff));
    assert.equal(reply?.error, -5, `op ${op}`);
  }
  assert.equal((await client.ping())?.error, 0);
});

test('a client that never reads its notifications is cut off; the others go on', async () => {
  const warnings: string[] = [];
  const logger = { ...silentLogger, warn: (_: object, message: string) => warnings.push(message) };
  await using server = await ZooKeeperServer.start({ logger });
  using deaf = await RawClient.open(server.port);
  using writer = await RawClient.open(server.port);
  const path = `/${'x'.repeat(900_000)}`;
  const watch = (output: JuteWriter) => writeAddWatchRequest(output, { path, mode: 0 });
  const create = (output: JuteWriter) =>
    writeCreateRequest(output, { path, data: null, acl: OPEN_ACL, flags: 0 });
  const set = (output: JuteWriter) =>
    writeSetDataRequest(output, { path, data: null, version: -1 });
  assert.equal((await deaf.request(OpCode.addWatch, watch))?.error, 0);
  assert.equal((await writer.request(OpCode.create, create))?.error, 0);
  deaf.socket.pause();
  for (let changes = 0; warnings.length === 0 && changes < 300; changes++) {
    assert.equal((await writer.request(OpCode.setData, set))?.error, 0);
  }
  assert.match(warnings.join(), /does not read/);
  deaf.socket.resume();
  await deaf.whenClosed();
  assert.equal((await writer.ping())?.error, 0);
});

test('requests before the handshake get nobody anywhere', async () => {
  await using server = await ZooKeeperServer.start();
  for (const op of [OpCode.create, OpCode.auth, OpCode.ping, OpCode.closeSession]) {
    using client = new RawClient(server.port);
    client.socket.write(requestFrame(op, 1));
    await client.whenClosed();
    assert.deepEqual([client.session, client.received], [null, []], `op ${op}`);
  }
});

test('sockets that dribble bytes do not outlast the handshake timeout', async () => {
  const clock = new ManualClock();
  await using server = await ZooKeeperServer.start({ clock, handshakeTimeoutMs: 5000 });
  using witness = await RawClient.open(server.port, { timeoutMs: 40_000 });
  const slow = Array.from({ length: 20 }, () => new RawClient(server.port));
  const frame = connectFrame();
  // A connection may be accepted late, so its time may begin late: the clock goes on until all are closed.
  for (let second = 0; slow.some(({ closed }) => !closed); second++) {
    assert.ok(second < 40, 'they outlast it');
    for (const { socket } of slow) {
      if (!socket.destroyed) socket.write(frame.subarray(second, second + 1));
    }
    assert.equal((await witness.ping())?.error, 0);
    await clock.advance(1000);
  }
  assert.equal((await witness.ping())?.error, 0);
});

test('frames that are promised and never sent take no memory', async () => {
  await using server = await ZooKeeperServer.start({ maxClientConnections: 0 });
  using witness = await RawClient.open(server.port);
  const before = process.memoryUsage.rss();
  const promising: RawClient[] = [];
  for (let i = 0; i < 200; i++) {
    const client = await RawClient.open(server.port);
    client.socket.write(lengthOf(1_048_575));
    promising.push(client);
  }
  assert.equal((await witness.ping())?.error, 0);
  const grown = process.memoryUsage.rss() - before;
  assert.ok(grown < 100 << 20, `${grown >> 20} MB for a promise of 200 MB`);
  for (const client of promising) client.socket.destroy();
});

test('very deep paths and very long ones harm nobody', async () => {
  await using server = await ZooKeeperServer.start();
  using client = await RawClient.open(server.port);
  using witness = await RawClient.open(server.port);
  for (const path of [
    '/a'.repeat(400_000),
    `/${'a'.repeat(900_000)}`,
    `/a${'/'.repeat(500_000)}`,
  ]) {
    const watch = (output: JuteWriter) => writeAddWatchRequest(output, { path, mode: 1 });
    const create = (output: JuteWriter) =>
      writeCreateRequest(output, { path, data: null, acl: OPEN_ACL, flags: 0 });
    for (const [op, write] of [
      [OpCode.addWatch, watch],
      [OpCode.create, create],
    ] as const) {
      assert.notEqual(await client.request(op, write), null);
      assert.equal((await witness.ping())?.error, 0);
    }
  }
});

test('a multi of tens of thousands is answered whole, and nobody waits long for it', async () => {
  await using server = await ZooKeeperServer.start();
  using client = await RawClient.open(server.port);
  using witness = await RawClient.open(server.port);
  const count = 20_000;
  const operations = Array.from({ length: count }, (_, i) => ({
    type: OpCode.delete,
    request: { path: `/${i}`, version: -1 },
  }));
  for (const first of [[], [{ type: OpCode.check, request: { path: '/', version: -1 } }]]) {
    const reply = await client.request(OpCode.multi, (output) =>
      writeMultiRequest(output, { operations: [...first, ...operations] } as MultiRequest),
    );
    assert.equal(reply?.error, 0);
    const { results } = readMultiResponse(reply.body);
    assert.equal(results.length, first.length + count);
    assert.ok(results.every(({ type }) => type === OpCode.error));
    assert.equal((await witness.ping())?.error, 0);
  }
});

test('a client cannot pile up identities', async () => {
  await using server = await ZooKeeperServer.start();
  using client = await RawClient.open(server.port);
  using witness = await RawClient.open(server.port);
  const packets = Array.from({ length: 5000 }, (_, i) =>
    requestFrame(OpCode.auth, -4, (output) =>
      writeAuthPacket(output, { type: 0, scheme: 'digest', auth: Buffer.from(`user${i}:x`) }),
    ),
  );
  client.socket.write(Buffer.concat(packets));
  await client.whenClosed();
  const codes = client.received.map((item) => (item.kind === 'reply' ? item.reply.error : null));
  assert.equal(codes.at(-1), ErrorCode.AUTHFAILED);
  assert.ok(codes.length < 300, `${codes.length} were taken`);
  assert.equal((await witness.ping())?.error, 0);
});

test('a list of entries for a node is bounded, however it comes to be long, and is read in no time', async () => {
  await using server = await ZooKeeperServer.start();
  using client = await RawClient.open(server.port);
  for (let i = 0; i < 200; i++) {
    await client.request(OpCode.auth, (output) =>
      writeAuthPacket(output, { type: 0, scheme: 'digest', auth: Buffer.from(`user${i}:x`) }),
    );
  }
  const create = async (
    path: string,
    count: number,
    scheme: string,
    id: string,
    different = true,
  ) => {
    const acl = Array.from({ length: count }, (_, i) => ({
      permissions: different ? i : 31,
      scheme,
      id,
    }));
    const start = performance.now();
    const reply = await client.request(OpCode.create, (output) =>
      writeCreateRequest(output, { path, data: null, acl, flags: 0 }),
    );
    const ms = performance.now() - start;
    assert.ok(ms < 1000, `${count} of ${scheme} held everybody for ${Math.round(ms)} ms`);
    return reply?.error;
  };
  assert.equal(await create('/a', 60_000, 'auth', ''), ErrorCode.INVALIDACL, '12 million');
  assert.equal(await create('/a', 51, 'auth', ''), ErrorCode.INVALIDACL);
  assert.equal(await create('/a', 50, 'auth', ''), ErrorCode.OK);
  assert.equal(await create('/b', 40_000, 'world', 'anyone'), ErrorCode.INVALIDACL);
  assert.equal(await create('/b', 10_000, 'world', 'anyone'), ErrorCode.OK);
  assert.equal(
    await create('/c', 40_000, 'world', 'anyone', false),
    ErrorCode.OK,
    'one and the same',
  );
});

test('a multiRead cannot ask for any amount of data', async () => {
  await using server = await ZooKeeperServer.start();
  using client = await RawClient.open(server.port);
  const data = Buffer.alloc(1_000_000);
  await client.request(OpCode.create, (output) =>
    writeCreateRequest(output, { path: '/a', data, acl: OPEN_ACL, flags: 0 }),
  );
  const readAll = async (count: number) => {
    const part = { type: OpCode.getData, request: { path: '/a', watch: false } } as const;
    const operations = Array.from({ length: count }, () => part);
    return client.request(OpCode.multiRead, (output) => writeMultiRequest(output, { operations }));
  };
  const few = await readAll(3);
  assert.ok(few?.error === 0 && few.body.remaining > 3 * data.length);
  const before = process.memoryUsage().rss;
  assert.equal((await readAll(40_000))?.error, ErrorCode.MARSHALLINGERROR, '40 GB');
  assert.ok(process.memoryUsage().rss - before < 200 << 20);
  assert.equal((await client.ping())?.error, 0);
});

test('lengths inside a body that cannot be are answered, whatever they are', async () => {
  await using server = await ZooKeeperServer.start();
  using client = await RawClient.open(server.port);
  for (const length of [-2, -(2 ** 31), 0x7fff_ffff, 2 ** 24]) {
    for (const write of [
      (output: JuteWriter) => output.int(length),
      (output: JuteWriter) => {
        output.string('/a');
        output.int(length);
      },
      (output: JuteWriter) => {
        output.string('/a');
        output.buffer(null);
        output.int(length);
      },
    ]) {
      assert.equal((await client.request(OpCode.create, write))?.error, -5, String(length));
    }
  }
  assert.equal((await client.ping())?.error, 0);
});

test('garbage at a door for TLS, and TLS at a plain one, harm nobody', {
  skip: missing ?? false,
}, async () => {
  await using folder = await temporaryFolder();
  const tls = await certificate(folder.path, 'server', '/CN=server');
  await using server = await ZooKeeperServer.start({ secure: { tls } });
  using witness = await RawClient.open(server.port);
  const dice = new Dice(11);
  for (let round = 0; round < 20; round++) {
    const noise = Buffer.from(Array.from({ length: 1 + dice.below(2000) }, () => dice.below(256)));
    // A third noise, a third a record of TLS with noise in it, a third a client that knows nothing of TLS.
    const record = Buffer.from([22, 3, 1, 0, 200]);
    const socket = connectTcp(server.secure?.port ?? 0, '127.0.0.1');
    socket.on('error', () => {});
    socket.resume();
    socket.end(
      round % 3 === 0 ? noise : round % 3 === 1 ? Buffer.concat([record, noise]) : connectFrame(),
    );
    await new Promise((resolve) => socket.once('close', resolve));
  }
  const wrongDoor = connectTls({ port: server.port, host: '127.0.0.1', ca: tls.cert });
  wrongDoor.on('error', () => {});
  await new Promise((resolve) => wrongDoor.once('close', resolve));
  assert.equal((await witness.ping())?.error, 0);
});

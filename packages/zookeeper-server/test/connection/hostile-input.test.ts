import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type JuteWriter,
  OPEN_ACL,
  OpCode,
  writeAddWatchRequest,
  writeCreateRequest,
  writeSetDataRequest,
} from '@mpim/zookeeper/protocol';
import { silentLogger, ZooKeeperServer } from '@mpim/zookeeper-server';
import { Dice } from '../support/dice.ts';
import { connectFrame, RawClient, requestFrame } from '../support/raw-client.ts';

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

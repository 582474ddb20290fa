import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect as dial } from 'node:net';
import { describe, test } from 'node:test';
import { deflateSync } from 'node:zlib';
import { ALGORITHM_NAMES } from '../../src/compression/algorithms.ts';
import { type CompressionOptions, type RpcChannelOptions, RpcError } from '../../src/index.ts';
import { putUint32 } from '../../src/wire/bytes.ts';
import { FrameFlag, FrameType, GoawayCode } from '../../src/wire/constants.ts';
import { Capability, decodeHello, HelloField } from '../../src/wire/hello.ts';
import { leaveNothingOpen } from '../support/leak-check.ts';
import {
  type Frame,
  frame,
  helloFrame,
  onFrames,
  scriptedClient,
  scriptedServer,
} from '../support/scripted-peer.ts';
import { connect, startProvider } from '../support/test-service.ts';

const LONG = 'all work and no play makes a dull message '.repeat(500);
const words = { text: 'again and again '.repeat(1000).trim() };
const on: CompressionOptions = {};

/** A client's HELLO that agrees to compression with deflate. */
const agreeing = helloFrame({
  capabilities: Capability.STREAMING | Capability.COMPRESSION,
  fields: new Map([[HelloField.COMPRESSION, Buffer.from([1])]]),
});
const method = frame(FrameType.METHOD, 0, 1, Buffer.from('/test.v1.TestRpc/Change'));
const collect = frame(FrameType.METHOD, 0, 2, Buffer.from('/test.v1.StreamRpc/Collect'));

/** A compressed message: u8 algorithm, u32 length, the bytes. */
function packed(size: number, bytes: Uint8Array, algorithm = 1): Buffer {
  const head = Buffer.alloc(5);
  head[0] = algorithm;
  putUint32(head, 1, size);
  return Buffer.concat([head, bytes]);
}

function request(message: Uint8Array, id = 1): Buffer {
  const flags = FrameFlag.END | FrameFlag.COMPRESSED;
  return frame(FrameType.REQUEST, flags, id, Buffer.concat([Buffer.from([0, 1]), message]));
}

/** Asks for `frames` and closes once a frame of the type has come. */
async function exchange(port: number, ...bytes: Uint8Array[]): Promise<Frame[]> {
  const end = frame(FrameType.REQUEST, FrameFlag.END, 99, Buffer.from([0, 77])); // a number without METHOD
  return scriptedClient(port, agreeing, method, collect, ...bytes, end);
}

/** Sends these and closes when a STATUS has come. */
async function untilStatus(port: number, ...bytes: Uint8Array[]): Promise<Frame[]> {
  const frames: Frame[] = [];
  const socket = dial({ port, host: '127.0.0.1' });
  onFrames(socket, (received) => {
    frames.push(received);
    if (received.type === FrameType.STATUS) socket.end();
  });
  for (const chunk of [agreeing, method, collect, ...bytes]) socket.write(chunk);
  await once(socket, 'close');
  return frames;
}

describe('calls of every kind', () => {
  leaveNothingOpen();
  for (const algorithm of ALGORITHM_NAMES) {
    test(`with ${algorithm}: long messages cross the wire shorter, short ones as they are`, async () => {
      const compression = { algorithms: [algorithm] };
      await using provider = await startProvider({}, { compression });
      await using peer = connect([provider.port], { compression });
      const { client, channel } = peer;
      const stats = () => channel.stats.compression ?? assert.fail('off');
      assert.equal((await client.change({ text: 'short' })).text, 'short');
      assert.deepEqual(stats(), { sent: 0, sentSavedBytes: 0, received: 0, receivedSavedBytes: 0 });

      assert.equal((await client.change({ text: LONG })).text, LONG);
      assert.equal(stats().sent, 1);
      assert.equal(stats().received, 1);
      assert.ok(stats().sentSavedBytes > LONG.length / 2);

      const requests = Array.from({ length: 20 }, () => words);
      assert.equal((await client.collect(requests)).text.length, 20 * (words.text.length + 1) - 1);
      assert.equal(stats().sent, 21);
      let count = 0;
      for await (const { text } of client.chat(requests)) {
        assert.equal(text, words.text);
        count++;
      }
      assert.equal(count, 20);
      // One word a message: the request shrinks, its answers are short.
      const list: string[] = [];
      for await (const { text } of client.list(words)) list.push(text);
      assert.equal(list.length, 3000);
      const { sent, received, sentSavedBytes, receivedSavedBytes } = stats();
      assert.deepEqual([sent, received], [42, 22]);
      assert.deepEqual(provider.compression, {
        sent: received,
        sentSavedBytes: receivedSavedBytes,
        received: sent,
        receivedSavedBytes: sentSavedBytes,
      });
    });
  }

  test('many at once, of all sizes', async () => {
    await using provider = await startProvider({}, { compression: { thresholdBytes: 1 } });
    await using peer = connect([provider.port], { compression: { thresholdBytes: 1 } });
    const texts = Array.from({ length: 300 }, (_, i) =>
      i % 2 === 0 ? LONG.slice(0, i * 60) : randomBytes(i * 20).toString('base64'),
    );
    const answers = await Promise.all(texts.map((text) => peer.client.change({ text })));
    assert.deepEqual(
      answers.map(({ text }) => text),
      texts,
    );
  });
});

describe('peers that do not agree', () => {
  leaveNothingOpen();
  const cases: [string, CompressionOptions | undefined, CompressionOptions | undefined][] = [
    ['only the channel', on, undefined],
    ['only the provider', undefined, on],
    ['no algorithm in common', { algorithms: ['zstd'] }, { algorithms: ['deflate'] }],
  ];
  for (const [name, client, server] of cases) {
    test(`${name}: calls are made uncompressed`, async () => {
      await using provider = await startProvider(
        {},
        server === undefined ? {} : { compression: server },
      );
      const options: Partial<RpcChannelOptions> =
        client === undefined ? {} : { compression: client };
      await using peer = connect([provider.port], options);
      assert.equal((await peer.client.change({ text: LONG })).text, LONG);
      assert.equal((await peer.client.collect([words])).text, words.text);
      assert.equal(peer.channel.stats.compression?.sent ?? 0, 0);
      assert.equal(provider.compression?.sent ?? 0, 0);
    });
  }

  test('a channel that compresses says so in HELLO, and one that does not is as before', async () => {
    const hellos: Frame[] = [];
    await using server = await scriptedServer((received, socket) => {
      if (received.type === FrameType.HELLO) hellos.push(received);
      socket.end();
    });
    for (const options of [{}, { compression: on }]) {
      await using peer = connect([server.port], options);
      await assert.rejects(peer.client.read({}));
    }
    const [plain, compressing] = hellos.map(({ body }) => decodeHello(body, 0, body.length));
    assert.equal(plain?.capabilities, Capability.STREAMING);
    assert.equal(plain?.fields.size, 0);
    assert.equal(compressing?.capabilities, Capability.STREAMING | Capability.COMPRESSION);
    assert.deepEqual([...(compressing?.fields.get(HelloField.COMPRESSION) ?? [])], [2, 1]);
  });

  test('a compressed message that was not agreed on ends the connection', async () => {
    await using provider = await startProvider();
    const bytes = request(packed(5, deflateSync('hello')));
    const frames = await scriptedClient(provider.port, agreeing, method, bytes);
    const goaway = frames.at(-1);
    assert.equal(goaway?.type, FrameType.GOAWAY);
    assert.equal(goaway.body[4], GoawayCode.PROTOCOL_ERROR);
    assert.match(goaway.body.toString(), /not agreed on/);
  });
});

describe('bombs and rubbish', () => {
  leaveNothingOpen();
  const zeros = deflateSync(Buffer.alloc(64 * 1024 * 1024));

  test('a request that says it is too large ends the connection', async () => {
    await using provider = await startProvider({}, { compression: on });
    const frames = await exchange(provider.port, request(packed(64 * 1024 * 1024, zeros)));
    assert.match(frames.at(-1)?.body.toString() ?? '', /67108864 bytes is larger than the limit/);
  });

  test('a request that gives more than it says fails, alone', async () => {
    await using provider = await startProvider({}, { compression: on });
    const text = Buffer.from(JSON.stringify({ text: LONG }));
    const frames = await exchange(
      provider.port,
      request(packed(1000, zeros), 1),
      request(packed(text.length, deflateSync(text)), 2),
      request(packed(text.length, randomBytes(300)), 3),
    );
    const answers = frames.filter(({ type }) => type !== FrameType.HELLO).slice(0, 3);
    assert.deepEqual(
      answers.map(({ type, id }) => [type, id]),
      [
        [FrameType.STATUS, 1],
        [FrameType.RESPONSE, 2],
        [FrameType.STATUS, 3],
      ],
    );
    assert.equal(answers[0]?.body[0], 3);
  });

  test('a bomb in a stream of requests fails that call when it is read', async () => {
    await using provider = await startProvider({}, { compression: on });
    const open = frame(FrameType.REQUEST, 0, 1, Buffer.from([0, 2]));
    const data = (id: number, body: Uint8Array): Buffer =>
      frame(FrameType.DATA, FrameFlag.COMPRESSED, id, body);
    const failed = await untilStatus(provider.port, open, data(1, packed(1000, zeros)));
    const status = failed.find(({ type }) => type === FrameType.STATUS);
    assert.equal(status?.body[0], 3, 'INVALID_ARGUMENT');
  });

  test('a response that is a bomb fails its call; one that says so ends the connection', async () => {
    await using server = await scriptedServer(({ type, id }, socket, connection) => {
      if (type === FrameType.HELLO) socket.write(agreeing);
      if (type !== FrameType.REQUEST) return;
      const size = connection === 1 && id === 1 ? 1000 : 64 * 1024 * 1024;
      const flags = FrameFlag.END | FrameFlag.COMPRESSED;
      socket.write(frame(FrameType.RESPONSE, flags, id, packed(size, zeros)));
    });
    await using peer = connect([server.port], { compression: on });
    await assert.rejects(peer.client.change({}), { code: 'INTERNAL', reason: 'BAD_RESPONSE' });
    await assert.rejects(peer.client.change({}), (error) => {
      assert.ok(error instanceof RpcError);
      assert.equal(error.code, 'UNAVAILABLE');
      assert.match(error.message, /larger than the limit/);
      return true;
    });
  });

  test('noise that claims to be compressed stops neither provider nor channel', async () => {
    await using provider = await startProvider({}, { compression: on });
    for (let round = 0; round < 100; round++) {
      const noise = randomBytes(1 + (round % 40));
      noise[0] = round % 4;
      if (round % 2 === 0 && noise.length > 5) putUint32(noise, 1, round * 10);
      await exchange(provider.port, request(noise));
    }
    await using peer = connect([provider.port], { compression: on });
    assert.equal((await peer.client.change({ text: LONG })).text, LONG);
  });
});

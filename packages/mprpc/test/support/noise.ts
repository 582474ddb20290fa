import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { waitFor } from '@mpim/testkit';
import fc from 'fast-check';
import { FrameType } from '../../src/wire/constants.ts';
import { Capability, HelloField } from '../../src/wire/hello.ts';
import { frame, helloFrame, scriptedServer } from './scripted-peer.ts';
import { connect, openSockets, startProvider } from './test-service.ts';

/** A HELLO that agrees to all there is, so that noise gets as deep as it can. */
const hello = helloFrame({
  capabilities: Capability.STREAMING | Capability.COMPRESSION,
  fields: new Map([[HelloField.COMPRESSION, Buffer.from([1, 2])]]),
});

/** Frames of all types with bodies of noise, some of them nearly right, cut and joined anyhow. */
const body = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.constant(Buffer.from('\0\0{"text":"a"}')),
  fc.constant(Buffer.from('\0\x01')),
  fc.constant(Buffer.from('/test.v1.StreamRpc/Chat')),
  fc.constant(Buffer.from('\0\0\x01\0\0\0\x0cnot deflated')),
  fc.constant(Buffer.from('\x02\0\0\0\x0cnot by zstd')),
);
const nearFrame = fc
  .tuple(fc.integer({ min: 1, max: 12 }), fc.nat(63), fc.nat(3), body)
  .map(([type, flags, id, bytes]) => frame(type, flags, id, bytes));
const methods = ['TestRpc/Change', 'StreamRpc/Chat', 'StreamRpc/List'].map((path, number) =>
  frame(FrameType.METHOD, 0, number, Buffer.from(`/test.v1.${path}`)),
);
const noise = fc
  .tuple(
    fc.boolean(),
    fc.array(fc.oneof({ weight: 5, arbitrary: nearFrame }, fc.uint8Array({ maxLength: 30 })), {
      maxLength: 12,
    }),
  )
  .map(([polite, parts]) => Buffer.concat(polite ? [hello, ...methods, ...parts] : parts));

/** Sends noise to a provider, `numRuns` times; all the while it has to serve others. */
export async function noiseToServer(numRuns: number): Promise<void> {
  await using provider = await startProvider({}, { onError: () => {}, compression: {} });
  await using peer = connect([provider.port]);
  await fc.assert(
    fc.asyncProperty(noise, async (bytes) => {
      const socket = connectTcp({ port: provider.port, host: '127.0.0.1' });
      socket.on('error', () => {});
      socket.resume();
      const closed = once(socket, 'close');
      socket.end(bytes);
      await closed;
      assert.equal((await peer.client.change({ text: 'ok' })).text, 'ok');
    }),
    { numRuns },
  );
  await waitFor(() => provider.connectionCount === 1 && provider.inFlight === 0);
}

/** Answers calls with noise, `numRuns` times; each has to end, with an answer or an RpcError. */
export async function noiseToClient(numRuns: number): Promise<void> {
  let answer = Buffer.alloc(0);
  await using server = await scriptedServer(({ type }, socket) => {
    if (type === FrameType.HELLO) socket.write(hello);
    if (type === FrameType.REQUEST) socket.end(answer);
  });
  await fc.assert(
    fc.asyncProperty(fc.array(nearFrame, { maxLength: 8 }), async (frames) => {
      answer = Buffer.concat(frames);
      await using peer = connect([server.port], { compression: {} });
      const calls = [
        peer.client.change({}),
        peer.client.collect([{ text: 'a' }]),
        peer.client.list({}).next(),
      ];
      for (const result of await Promise.allSettled(calls)) {
        if (result.status === 'rejected') assert.equal(result.reason.name, 'RpcError');
      }
    }),
    { numRuns },
  );
  await waitFor(() => openSockets().length <= 1, { what: 'sockets to close' });
}

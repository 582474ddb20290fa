import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { startChild, waitFor } from '@mpim/testkit';
import type { ResponseStream } from '../../src/index.ts';
import { putUint32 } from '../../src/wire/bytes.ts';
import { FrameFlag, FrameType } from '../../src/wire/constants.ts';
import { encodeGoaway } from '../../src/wire/goaway.ts';
import { leaveNothingOpen } from '../support/leak-check.ts';
import { frame, helloFrame, scriptedServer } from '../support/scripted-peer.ts';
import { all, endless } from '../support/streams.ts';
import { connect, startProvider, type Text } from '../support/test-service.ts';

const never = new Promise<never>(() => {});

describe('streams whose connection or server ends', () => {
  leaveNothingOpen();

  test('peer killed: the stream ends with UNAVAILABLE, sent, after what had come', async () => {
    await using server = startChild(process.execPath, [
      join(import.meta.dirname, '../support/provider-process.ts'),
    ]);
    const port = Number((await server.waitForLine(/^port/)).slice(5));
    await using peer = connect([port]);
    const gate = Promise.withResolvers<void>();
    async function* requests(): AsyncGenerator<Text> {
      yield { text: 'a' };
      await gate.promise;
    }
    const chat = peer.client.chat(requests());
    assert.equal((await chat.next()).value?.text, 'a');
    server.kill('SIGKILL');
    await assert.rejects(chat.next(), { code: 'UNAVAILABLE', sent: true });
    gate.resolve();
  });

  test('cut in the middle of a message: what came before it is read, then the error', async () => {
    await using server = await scriptedServer(({ type, id }, socket) => {
      if (type === FrameType.HELLO) socket.write(helloFrame({ capabilities: 1 }));
      if (type !== FrameType.REQUEST) return;
      const data = frame(FrameType.DATA, 0, id, Buffer.from('{"text":"a"}'));
      socket.end(Buffer.concat([data, data.subarray(0, 15)]));
    });
    await using peer = connect([server.port]);
    const list = peer.client.list({});
    assert.equal((await list.next()).value?.text, 'a');
    await assert.rejects(list.next(), {
      code: 'UNAVAILABLE',
      sent: true,
      message: /in the middle of a frame/,
    });
    assert.equal(server.connections(), 1);
  });

  test('a server that breaks the rules of streams loses the connection or the call', async () => {
    const window = Buffer.alloc(4);
    putUint32(window, 0, 0xffffffff);
    let answer: (id: number) => Buffer = () => Buffer.alloc(0);
    await using server = await scriptedServer(({ type, id }, socket) => {
      if (type === FrameType.HELLO) socket.write(helloFrame({ capabilities: 1 }));
      if (type === FrameType.REQUEST) socket.write(answer(id));
    });
    await using peer = connect([server.port], {
      limits: { streamWindowBytes: 100 },
      backoff: { baseMs: 1, maxMs: 1, multiplier: 1, jitter: 0 },
    });
    const data = (id: number) => frame(FrameType.DATA, 0, id, Buffer.alloc(90));
    answer = (id) => Buffer.concat([data(id), data(id), data(id)]);
    await assert.rejects(all(peer.client.list({})), { code: 'INTERNAL' });
    answer = (id) => frame(FrameType.DATA, FrameFlag.END, id, Buffer.from('x'));
    await assert.rejects(all(peer.client.list({})), { code: 'UNAVAILABLE', reason: 'BAD_FRAME' });
    answer = (id) => frame(FrameType.WINDOW, 0, id, window);
    await assert.rejects(peer.client.collect(endless('x')), { reason: 'BAD_FRAME' });
    answer = (id) => frame(FrameType.RESPONSE, FrameFlag.END, id, Buffer.from('{"text":"a"}'));
    await assert.rejects(all(peer.client.list({})), { reason: 'BAD_RESPONSE' });
    answer = data;
    await assert.rejects(peer.client.change({}), { reason: 'BAD_RESPONSE' });
    await assert.rejects(peer.client.collect([]), { reason: 'BAD_RESPONSE' });
  });

  test('a server without streaming says so before anything is sent', async () => {
    await using server = await scriptedServer(({ type }, socket) => {
      if (type === FrameType.HELLO) socket.write(helloFrame());
    });
    await using peer = connect([server.port]);
    await assert.rejects(all(peer.client.list({})), { code: 'UNIMPLEMENTED', sent: false });
  });

  test('GOAWAY: streams it covers go on to their end, those after it begin elsewhere', async () => {
    await using leaving = await scriptedServer(({ type, id }, socket) => {
      if (type === FrameType.HELLO) socket.write(helloFrame({ capabilities: 1 }));
      if (type !== FrameType.REQUEST) return;
      const data = (text: string) =>
        frame(FrameType.DATA, 0, id, Buffer.from(`{"text":"${text}"}`));
      if (id === 1) {
        socket.write(data('a'));
      } else {
        socket.write(
          Buffer.concat([
            frame(FrameType.GOAWAY, 0, 0, encodeGoaway({ lastId: 1, code: 0, message: '' })),
            frame(FrameType.DATA, 0, 1, Buffer.from('{"text":"b"}')),
            frame(FrameType.DATA, FrameFlag.END, 1),
          ]),
        );
      }
    });
    await using other = await startProvider({ list: () => [{ text: 'new' }] });
    await using peer = connect([leaving.port, other.port], {
      balancer: { pick: ([first]) => first as never },
    });
    const covered = peer.client.list({});
    assert.equal((await covered.next()).value?.text, 'a');
    assert.deepEqual(await all(peer.client.list({})), ['new']);
    assert.deepEqual(await all(covered), ['b']);
  });

  test('drain: open streams finish, endless ones hear of it, the stubborn are cut at the timeout', async () => {
    const gate = Promise.withResolvers<void>();
    await using provider = await startProvider({
      async *list({ text }, { draining }) {
        yield { text: 'a' };
        if (text === 'endless') {
          if (!draining.aborted) {
            await new Promise((resolve) => draining.addEventListener('abort', resolve));
          }
          yield { text: 'bye' };
        } else {
          await (text === 'stubborn' ? never : gate.promise);
          yield { text: 'b' };
        }
      },
    });
    await using peer = connect([provider.port]);
    const [polite, endlessOne, stubborn] = ['', 'endless', 'stubborn'].map((text) =>
      peer.client.list({ text }),
    ) as [ResponseStream<Text>, ResponseStream<Text>, ResponseStream<Text>];
    for (const list of [polite, endlessOne, stubborn]) await list.next();
    const drained = provider.drain(300);
    assert.deepEqual(await all(endlessOne), ['bye']);
    gate.resolve();
    assert.deepEqual(await all(polite), ['b']);
    await assert.rejects(all(stubborn), { code: 'UNAVAILABLE', sent: true });
    await drained;
  });

  test('a connect failure moves a stream on; its source is only taken once', async () => {
    await using gone = await startProvider();
    await gone.close();
    await using provider = await startProvider();
    await using peer = connect([gone.port, provider.port], {
      balancer: { pick: ([first]) => first as never },
    });
    const source = endless('x');
    const chat = peer.client.chat(source);
    assert.equal((await chat.next()).value?.text, 'x');
    await chat.return?.();
    await waitFor(() => source.state.closed);
  });
});

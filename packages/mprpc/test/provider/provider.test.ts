import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createConnection } from 'node:net';
import { describe, test } from 'node:test';
import { FaultProxy, waitFor } from '@mpim/testkit';
import { RpcProvider } from '../../src/index.ts';
import { FrameFlag, FrameType, GoawayCode } from '../../src/wire/constants.ts';
import { decodeGoaway } from '../../src/wire/goaway.ts';
import { frame, helloFrame, scriptedClient } from '../support/scripted-peer.ts';
import { connect, openSockets, startProvider, TestDefinition } from '../support/test-service.ts';

describe('RpcProvider', () => {
  test('announces its services and serves them on a port of its own', async () => {
    const provider = new RpcProvider();
    provider.notifyService(TestDefinition, { change: (r) => r, read: (r) => r });
    assert.deepEqual(provider.services, [{ name: 'TestRpc', methods: ['Change', 'Read'] }]);
    assert.throws(
      () => provider.notifyService(TestDefinition, { change: (r) => r, read: (r) => r }),
      { code: 'ALREADY_EXISTS' },
    );
    const { host, port } = await provider.run();
    assert.equal(host, '127.0.0.1');
    assert.ok(port > 0);
    const second = new RpcProvider({ port });
    await assert.rejects(second.run(), { code: 'EADDRINUSE' });
    await second.close();
    await provider.close();
    await waitFor(() => openSockets().length === 0, { timeoutMs: 2000 });
  });

  test('a missing or mistyped handler does not compile', async () => {
    await using provider = new RpcProvider();
    assert.throws(
      () =>
        // @ts-expect-error: read is missing
        provider.notifyService(TestDefinition, { change: (request) => request }),
      { code: 'INVALID_ARGUMENT', message: /has no handler 'read'/ },
    );
    // @ts-expect-error: a response without its fields
    provider.notifyService(TestDefinition, { change: () => ({}), read: (request) => request });
  });

  test('handlers keep their this, and may be thenables', async () => {
    class Service {
      readonly prefix = '>';
      change({ text }: { text: string }) {
        return { text: this.prefix + text };
      }
      read({ text }: { text: string }): Promise<{ text: string }> {
        const pending = Promise.resolve({ text });
        // biome-ignore lint/suspicious/noThenProperty: what query builders look like
        return { then: pending.then.bind(pending) } as Promise<{ text: string }>;
      }
    }
    const provider = new RpcProvider();
    provider.notifyService(TestDefinition, new Service());
    const { port } = await provider.run();
    await using peer = connect([port]);
    assert.equal((await peer.client.change({ text: 'x' })).text, '>x');
    assert.equal((await peer.client.read({ text: 'y' })).text, 'y');
    await provider.close();
  });

  test('drain: calls in flight finish, new ones go elsewhere, then everything is closed', async () => {
    const finish = Promise.withResolvers<void>();
    await using leaving = await startProvider({
      change: async () => {
        await finish.promise;
        return { text: 'finished' };
      },
    });
    await using staying = await startProvider({ read: () => ({ text: 'staying' }) });
    await using peer = connect([
      { id: 'leaving', host: '127.0.0.1', port: leaving.port },
      { id: 'staying', host: '127.0.0.1', port: staying.port },
    ]);
    const pending = peer.client.change({}, { instance: 'leaving' });
    await waitFor(() => leaving.inFlight === 1);
    const drained = leaving.drain();
    await assert.rejects(waitForRefusal(leaving.port), { code: 'UNAVAILABLE' });
    for (let i = 0; i < 10; i++) assert.equal((await peer.client.read({})).text, 'staying');
    finish.resolve();
    assert.equal((await pending).text, 'finished');
    await drained;
    assert.equal(leaving.connectionCount, 0);
  });

  test('drain while calls keep coming loses none', async () => {
    await using a = await startProvider({ change: async (request) => request });
    await using b = await startProvider({ change: async (request) => request });
    await using peer = connect([a.port, b.port]);
    let stop = false;
    let calls = 0;
    const caller = async (): Promise<void> => {
      while (!stop) {
        await peer.client.change({ text: 'x' });
        calls++;
      }
    };
    const callers = Array.from({ length: 50 }, caller);
    await waitFor(() => calls > 500);
    await a.drain();
    const before = calls;
    await waitFor(() => calls > before + 500);
    stop = true;
    await Promise.all(callers);
  });

  test('drain gives up after its timeout and tells handlers and callers', async () => {
    let signal: AbortSignal | undefined;
    await using provider = await startProvider({
      change: (_request, context) => {
        signal = context.signal;
        return new Promise(() => {});
      },
    });
    await using peer = connect([provider.port]);
    const lost = assert.rejects(peer.client.change({}), { code: 'UNAVAILABLE', sent: true });
    await waitFor(() => signal !== undefined);
    await provider.drain(30);
    await lost;
    assert.equal(signal?.reason.code, 'CANCELLED');
    assert.equal(provider.inFlight, 0);
  });

  test('a caller that disappears: its handlers are told', async () => {
    let signal: AbortSignal | undefined;
    await using provider = await startProvider(
      {
        change: (_request, context) => {
          signal = context.signal;
          return new Promise(() => {});
        },
      },
      { keepaliveMs: 30 },
    );
    await using proxy = await FaultProxy.start(provider.port);
    await using peer = connect([proxy.port]);
    const lost = assert.rejects(peer.client.change({}));
    await waitFor(() => signal !== undefined);
    proxy.blackhole();
    await waitFor(() => signal?.aborted, { timeoutMs: 2000 });
    assert.match(signal?.reason.message, /did not answer a ping/);
    proxy.heal();
    proxy.cut();
    await lost;
  });

  test('a response over the limit of the caller becomes an error of that call alone', async () => {
    await using provider = await startProvider({ read: () => ({ text: 'x'.repeat(2000) }) });
    await using peer = connect([provider.port], { limits: { maxFrameBytes: 1000 } });
    await assert.rejects(peer.client.read({}), {
      code: 'RESOURCE_EXHAUSTED',
      reason: 'RESPONSE_TOO_LARGE',
    });
    assert.equal((await peer.client.change({ text: 'x' })).text, 'x');
  });

  test('faults of handlers are heard on the diagnostics channel', async () => {
    const heard: unknown[] = [];
    const listener = (message: unknown): void => {
      heard.push(message);
    };
    subscribe('mpim:mprpc:handler-error', listener);
    const fault = new TypeError('oops');
    await using provider = await startProvider(
      {
        change: () => {
          throw fault;
        },
      },
      { onError: () => {} },
    );
    await using peer = connect([provider.port]);
    await assert.rejects(peer.client.change({}), { code: 'INTERNAL', reason: 'HANDLER_FAILED' });
    unsubscribe('mpim:mprpc:handler-error', listener);
    const [message] = heard as { error: unknown; method: string; peer: string }[];
    assert.equal(message?.error, fault);
    assert.equal(message?.method, '/TestRpc/Change');
    assert.match(message?.peer ?? '', /^127\.0\.0\.1:\d+$/);
  });

  test('a caller that does not read its answers is no longer read from until it does', async () => {
    let handled = 0;
    await using provider = await startProvider(
      {
        read: () => {
          handled++;
          return { text: 'x'.repeat(20_000) };
        },
      },
      { pauseBytes: 100_000 },
    );
    const socket = createConnection({ port: provider.port, host: '127.0.0.1' });
    socket.write(helloFrame());
    socket.write(frame(FrameType.METHOD, 0, 0, Buffer.from('/test.v1.TestRpc/Read')));
    let sent = 0;
    await waitFor(
      () => {
        for (let i = 0; i < 50; i++) {
          socket.write(frame(FrameType.REQUEST, 1, ++sent, Buffer.from('\x00\x00{"text":""}')));
        }
        return sent > handled + 1000;
      },
      { intervalMs: 1 },
    );
    socket.resume();
    await waitFor(() => handled === sent);
    socket.destroy();
  });

  test('broken callers are told what is wrong and cut off; others notice nothing', async () => {
    await using provider = await startProvider();
    await using peer = connect([provider.port]);
    const request = (body: number[], flags: number = FrameFlag.END) =>
      frame(FrameType.REQUEST, flags, 1, Buffer.from(body));
    const method = frame(FrameType.METHOD, 0, 0, Buffer.from('/test.v1.TestRpc/Read'));
    const tooLong = Buffer.alloc(4);
    tooLong.writeUInt32BE(100_000_000);
    const cases: [RegExp, Buffer[]][] = [
      [/first frame is no HELLO/, [method]],
      [/no HELLO/, [frame(FrameType.HELLO, 0, 0, Buffer.from('GET / HTTP/1.1\r\n\r\nabcdef'))]],
      [/larger than the limit/, [tooLong]],
      [/larger than the limit/, [helloFrame(), tooLong]],
      [/shorter than its fields/, [helloFrame(), method, request([0])]],
      [
        /shorter than its fields/,
        [helloFrame(), method, request([0, 0, 1], FrameFlag.TIMEOUT | 1)],
      ],
      [/method number without METHOD/, [helloFrame(), request([0, 7])]],
      [/metadata block runs past/, [helloFrame(), method, request([0, 0, 9, 9], 5)]],
      [/is streaming, which was not/, [helloFrame(), method, request([0, 0], 0)]],
      [/is compressed, which was not/, [helloFrame(), method, request([0, 0], 9)]],
      [/passes the limits/, [helloFrame(), frame(FrameType.METHOD, 0, 5000, Buffer.from('/a/b'))]],
      [/passes the limits/, [helloFrame(), frame(FrameType.METHOD, 0, 1, Buffer.alloc(1000))]],
      [/DATA of a call/, [helloFrame(), frame(FrameType.DATA, 0, 1)]],
      [/frame of type 12/, [helloFrame(), frame(12, 0, 1)]],
    ];
    for (const [expected, bytes] of cases) {
      const frames = await scriptedClient(provider.port, ...bytes);
      const last = frames.at(-1);
      assert.equal(last?.type, FrameType.GOAWAY, String(expected));
      const goaway = decodeGoaway(last.body, 0, last.body.length);
      assert.equal(goaway.code, GoawayCode.PROTOCOL_ERROR);
      assert.match(goaway.message, expected);
    }
    assert.equal((await peer.client.read({ text: 'still here' })).text, 'still here');
    await waitFor(() => provider.connectionCount === 1);
  });

  test('a request that cannot be decoded costs that call; skippable frames are skipped', async () => {
    let served = 0;
    await using provider = await startProvider({
      read: (request) => {
        served++;
        return request;
      },
    });
    const client = scriptedClient(
      provider.port,
      helloFrame(),
      frame(0x80, 0, 0, Buffer.from('from the future')),
      frame(FrameType.METHOD, 0, 3, Buffer.from('/test.v1.TestRpc/Read')),
      frame(FrameType.REQUEST, FrameFlag.END, 1, Buffer.from('\x00\x03not json')),
      frame(FrameType.CANCEL, 0, 4711),
      frame(FrameType.REQUEST, FrameFlag.END, 2, Buffer.from('\x00\x03{"text":"ok"}')),
    );
    await waitFor(() => served === 1);
    await provider.drain();
    const frames = await client;
    assert.deepEqual(
      frames.map(({ type, id }) => [type, id]),
      [
        [FrameType.HELLO, 0],
        [FrameType.STATUS, 1],
        [FrameType.RESPONSE, 2],
        [FrameType.GOAWAY, 0],
      ],
    );
    assert.equal(frames[1]?.body[0], 3);
  });
});

/** Calls a port until it refuses; rejects with what it said. */
async function waitForRefusal(port: number): Promise<void> {
  await using peer = connect([port]);
  for (;;) await peer.client.read({});
}

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { waitFor } from '@mpim/testkit';
import {
  type Interceptor,
  type Metadata,
  RpcChannel,
  RpcError,
  StaticResolver,
} from '../../src/index.ts';
import { FrameFlag, FrameType } from '../../src/wire/constants.ts';
import { frame, helloFrame, scriptedServer } from '../support/scripted-peer.ts';
import { connect, openSockets, startProvider, TestDefinition } from '../support/test-service.ts';

describe('RpcChannel', () => {
  test('10,000 calls at once share one connection, and each gets its own answer', async () => {
    await using provider = await startProvider({
      change: async ({ text }) => {
        if (text.endsWith('7')) await new Promise(setImmediate);
        return { text };
      },
    });
    await using peer = connect([provider.port]);
    const answers = await Promise.all(
      Array.from({ length: 10_000 }, (_, i) => peer.client.change({ text: String(i) })),
    );
    answers.forEach(({ text }, i) => {
      assert.equal(text, String(i));
    });
    assert.equal(provider.connectionCount, 1);
  });

  test('messages of all sizes cross whole while the sockets are busy', async () => {
    await using provider = await startProvider();
    await using peer = connect([provider.port]);
    const sizes = [0, 1, 100, 16_000, 16_400, 65_000, 70_000, 400_000, 2_000_000, 5, 300_000];
    const answers = await Promise.all(
      sizes.map((size, i) => peer.client.change({ text: String(i).repeat(size) })),
    );
    answers.forEach(({ text }, i) => {
      assert.equal(text.length, String(i).length * (sizes[i] as number));
    });
  });

  test('answers may come in any order', async () => {
    await using server = await scriptedServer(({ type, id }, socket) => {
      if (type === FrameType.HELLO) socket.write(helloFrame());
      const answer = (of: number): Buffer =>
        frame(FrameType.RESPONSE, FrameFlag.END, of, Buffer.from(`{"text":"${of}"}`));
      if (type === FrameType.REQUEST && id === 3) {
        socket.write(Buffer.concat([answer(3), answer(99), answer(1), answer(2)]));
      }
    });
    await using peer = connect([server.port]);
    const order: string[] = [];
    await Promise.all([1, 2, 3].map(async () => order.push((await peer.client.change({})).text)));
    assert.deepEqual(order, ['3', '1', '2']);
  });

  test('a method is named once per connection', async () => {
    const types: number[] = [];
    await using server = await scriptedServer(({ type, id, body }, socket) => {
      types.push(type);
      if (type === FrameType.HELLO) socket.write(helloFrame());
      if (type === FrameType.METHOD) assert.equal(body.toString(), '/test.v1.TestRpc/Change');
      if (type !== FrameType.REQUEST) return;
      socket.write(frame(FrameType.RESPONSE, FrameFlag.END, id, Buffer.from('{"text":""}')));
    });
    await using peer = connect([server.port]);
    const again = peer.channel.client(TestDefinition);
    for (const client of [peer.client, again, peer.client]) await client.change({});
    const { HELLO, METHOD, REQUEST } = FrameType;
    assert.deepEqual(types, [HELLO, METHOD, REQUEST, REQUEST, REQUEST]);
  });

  test('interceptors wrap calls on both sides, the first outermost, and may change or refuse them', async () => {
    const log: string[] = [];
    const note =
      (name: string): Interceptor =>
      async (call, next) => {
        log.push(`${name} ${call.side} ${call.service}/${call.method}`);
        const metadata: Metadata = { ...call.metadata, [name]: 'yes' };
        const response = (await next({ ...call, metadata })) as { text: string };
        return { text: `${response.text}<${name}` };
      };
    const refuse: Interceptor = async (call, next) => {
      if (call.method === 'Read') throw new RpcError('PERMISSION_DENIED', 'not you');
      return next(call);
    };
    let seen: Metadata = {};
    await using provider = await startProvider(
      {
        change: (request, { metadata, signal, deadline, method }) => {
          seen = metadata;
          assert.equal(signal.aborted, false);
          assert.ok(deadline > Date.now());
          assert.equal(method, '/TestRpc/Change');
          return request;
        },
      },
      { interceptors: [refuse, note('c')] },
    );
    await using peer = connect([provider.port], { interceptors: [note('a'), note('b')] });
    assert.equal((await peer.client.change({ text: '.' })).text, '.<c<b<a');
    assert.deepEqual({ ...seen }, { a: 'yes', b: 'yes', c: 'yes' });
    assert.deepEqual(log, [
      'a client TestRpc/Change',
      'b client TestRpc/Change',
      'c server TestRpc/Change',
    ]);
    await assert.rejects(peer.client.read({}), { code: 'PERMISSION_DENIED', message: 'not you' });
  });

  test('a request over the limit of the server, or that cannot be encoded, is not sent', async () => {
    await using provider = await startProvider({}, { limits: { maxFrameBytes: 1000 } });
    await using peer = connect([provider.port]);
    await assert.rejects(peer.client.change({ text: 'x'.repeat(1000) }), {
      code: 'RESOURCE_EXHAUSTED',
      reason: 'REQUEST_TOO_LARGE',
      sent: false,
      retryable: false,
    });
    await assert.rejects(peer.client.change({}, { metadata: { 'Bad Key': '' } }), {
      code: 'INVALID_ARGUMENT',
    });
    const circular: { text: string; self?: unknown } = { text: '' };
    circular.self = circular;
    const raw = peer.channel.client({
      ...TestDefinition,
      methods: {
        change: {
          ...TestDefinition.methods.change,
          requestType: {
            encode: (message: unknown) => ({ finish: () => Buffer.from(JSON.stringify(message)) }),
            decode: (): unknown => null,
          },
        },
      },
    });
    await assert.rejects(raw.change(circular), { code: 'INVALID_ARGUMENT', reason: 'BAD_REQUEST' });
    assert.equal((await peer.client.change({ text: 'fine' })).text, 'fine');
  });

  test('a resolver that needs time, fails or knows nobody', async () => {
    await using provider = await startProvider();
    const instance = { host: '127.0.0.1', port: provider.port };
    const resolvers = {
      slow: async () => connectInstances(instance),
      failing: async () => {
        throw new Error('ZooKeeper is away');
      },
      stuck: () => new Promise<never>(() => {}),
    };
    const client = (resolve: () => Promise<never[]>) => {
      const channel = new RpcChannel({ resolver: { resolve, watch: () => () => {} } });
      return { ...channel.client(TestDefinition), [Symbol.asyncDispose]: () => channel.close() };
    };
    await using slow = client(resolvers.slow as () => Promise<never[]>);
    assert.equal((await slow.change({ text: 'x' })).text, 'x');
    await using failing = client(resolvers.failing);
    await assert.rejects(failing.change({}), {
      code: 'UNAVAILABLE',
      reason: 'RESOLVE_FAILED',
      message: /looking for its instances failed: ZooKeeper is away/,
    });
    await using stuck = client(resolvers.stuck);
    await assert.rejects(stuck.change({}, { deadlineMs: 20 }), {
      code: 'DEADLINE_EXCEEDED',
      sent: false,
      message: /waiting for an instance to call/,
    });
  });

  test('close fails what is in flight and what comes later, and leaves nothing open', async () => {
    await using provider = await startProvider({ change: () => new Promise(() => {}) });
    const { channel, client } = connect([provider.port]);
    await client.read({});
    const pending = assert.rejects(client.change({}), {
      code: 'CANCELLED',
      reason: 'CHANNEL_CLOSED',
      sent: true,
    });
    await waitFor(() => provider.inFlight === 1);
    await channel.close();
    await pending;
    await assert.rejects(client.read({}), { code: 'CANCELLED', sent: false });
    await channel.close();
    await waitFor(() => provider.connectionCount === 0);
    await provider.close();
    await waitFor(() => openSockets().length === 0, { timeoutMs: 2000 });
  });

  test('close finds calls that wait for a connection, a resolver or their next attempt', async () => {
    await using mute = await scriptedServer(() => {});
    const cut = Promise.withResolvers<void>();
    await using cutting = await scriptedServer(({ type }, socket) => {
      if (type === FrameType.HELLO) socket.write(helloFrame());
      if (type !== FrameType.REQUEST) return;
      socket.destroy();
      cut.resolve();
    });
    const closed = { code: 'CANCELLED', reason: 'CHANNEL_CLOSED' };
    const connecting = connect([mute.port]);
    const pausing = connect([cutting.port]);
    const resolving = new RpcChannel({
      resolver: { resolve: () => new Promise<never>(() => {}), watch: () => () => {} },
    });
    const calls = [
      assert.rejects(connecting.client.change({}), { ...closed, sent: false }),
      assert.rejects(pausing.client.read({}), { ...closed, sent: true }),
      assert.rejects(resolving.client(TestDefinition).read({}), { ...closed, sent: false }),
    ];
    await cut.promise;
    await Promise.all([connecting.channel.close(), pausing.channel.close(), resolving.close()]);
    await Promise.all(calls);
  });

  test('two services that share the definition of a method are two services', async () => {
    await using one = await startProvider({ change: () => ({ text: 'one' }) });
    await using two = await startProvider({ change: () => ({ text: 'two' }) });
    const at = ({ port }: { port: number }) => [{ host: '127.0.0.1', port }];
    const resolver = new StaticResolver({ TestRpc: at(one), OtherRpc: at(two) });
    await using channel = new RpcChannel({ resolver });
    const other = { ...TestDefinition, name: 'OtherRpc' };
    assert.equal((await channel.client(TestDefinition).change({})).text, 'one');
    assert.equal((await channel.client(other).change({})).text, 'two');
    assert.equal((await channel.client(TestDefinition).change({})).text, 'one');
  });

  test('an idle connection is closed, and opened again when needed', async () => {
    await using provider = await startProvider();
    await using peer = connect([provider.port], { keepaliveMs: 10, idleMs: 30 });
    await peer.client.change({});
    assert.equal(provider.connectionCount, 1);
    await waitFor(() => provider.connectionCount === 0, { timeoutMs: 2000 });
    await Promise.all([peer.client.change({}), peer.client.change({}), peer.client.read({})]);
    assert.equal(provider.connectionCount, 1);
  });
});

async function connectInstances(instance: { host: string; port: number }) {
  return new StaticResolver([instance]).resolve('TestRpc');
}

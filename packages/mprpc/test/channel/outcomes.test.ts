import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { startChild, waitFor } from '@mpim/testkit';
import { type HandlerContext, RpcError } from '../../src/index.ts';
import { FrameFlag, FrameType } from '../../src/wire/constants.ts';
import { encodeGoaway } from '../../src/wire/goaway.ts';
import { leaveNothingOpen } from '../support/leak-check.ts';
import { frame, helloFrame, scriptedServer } from '../support/scripted-peer.ts';
import { connect, startProvider, type Text } from '../support/test-service.ts';

const never = new Promise<never>(() => {});

/** Each way a unary call can end, over TCP; after each nothing is left open. */
describe('a unary call', () => {
  leaveNothingOpen();

  test('success: from a synchronous and an asynchronous handler, with metadata', async () => {
    await using provider = await startProvider({
      read: async ({ text }, { metadata }) => ({ text: `${text} ${metadata.trace}` }),
    });
    await using peer = connect([provider.port]);
    assert.deepEqual(await peer.client.change({ text: 'a' }), { text: 'a' });
    assert.deepEqual(await peer.client.change({}), { text: '' });
    const answer = await peer.client.read({ text: 'b' }, { metadata: { trace: 'é-1' } });
    assert.equal(answer.text, 'b é-1');
  });

  test('error: an RpcError arrives with all its facts, anything else as INTERNAL without a word of it', async () => {
    const heard: unknown[] = [];
    const secret = new Error('password is hunter2');
    await using provider = await startProvider(
      {
        change: () => {
          throw new RpcError('ALREADY_EXISTS', 'taken', {
            reason: 'NAME',
            details: Buffer.from('d'),
          });
        },
        read: async () => {
          throw secret;
        },
      },
      { onError: (error, call) => heard.push(error, call.method) },
    );
    await using peer = connect([provider.port]);
    await assert.rejects(peer.client.change({}), (error: RpcError) => {
      assert.ok(error instanceof RpcError);
      assert.equal(error.code, 'ALREADY_EXISTS');
      assert.equal(error.status, 6);
      assert.equal(error.message, 'taken');
      assert.equal(error.reason, 'NAME');
      assert.equal(Buffer.from(error.details ?? []).toString(), 'd');
      return true;
    });
    await assert.rejects(peer.client.read({}), (error: RpcError) => {
      assert.equal(error.code, 'INTERNAL');
      assert.doesNotMatch(JSON.stringify(error) + error.message + error.stack, /hunter2/);
      return true;
    });
    assert.deepEqual(heard, [secret, '/TestRpc/Read']);
  });

  test('deadline: both sides stop, the handler learns how long it has', async () => {
    let remaining = 0;
    let reason: RpcError | undefined;
    await using provider = await startProvider({
      change: (_request, { signal, deadline }) => {
        remaining = deadline - Date.now();
        signal.addEventListener('abort', () => {
          reason = signal.reason;
        });
        return never;
      },
    });
    await using peer = connect([provider.port]);
    const start = performance.now();
    await assert.rejects(peer.client.change({}, { deadlineMs: 60 }), {
      code: 'DEADLINE_EXCEEDED',
      sent: true,
    });
    assert.ok(performance.now() - start >= 59);
    assert.ok(remaining > 0 && remaining <= 61, `${remaining} ms`);
    await waitFor(() => reason !== undefined);
    assert.ok(reason?.code === 'DEADLINE_EXCEEDED' || reason?.code === 'CANCELLED');
    assert.equal(provider.inFlight, 0);
    await assert.rejects(peer.client.change({}, { deadlineMs: 0 }), { code: 'DEADLINE_EXCEEDED' });
  });

  test('deadline over two hops: a call made on behalf of another ends with it', async () => {
    let inner: number | undefined;
    await using back = await startProvider({
      change: (_request, { deadline }) => {
        inner = deadline;
        return never;
      },
    });
    await using toBack = connect([back.port]);
    let outer = 0;
    await using front = await startProvider({
      change: (request, context) => {
        outer = context.deadline;
        return toBack.client.change(request, { parent: context, deadlineMs: 4000 });
      },
    });
    await using toFront = connect([front.port]);
    await assert.rejects(toFront.client.change({}, { deadlineMs: 80 }), {
      code: 'DEADLINE_EXCEEDED',
    });
    assert.ok(inner !== undefined && Math.abs(inner - outer) < 40, `${inner} and ${outer}`);
    await waitFor(() => back.inFlight === 0);
  });

  test('deadline over three hops: the last handler has what the first caller has left, and all stop with it', async () => {
    const lefts: number[] = [];
    const aborted: string[] = [];
    const hop = async (name: string, next?: (context: HandlerContext) => Promise<Text>) => {
      return startProvider({
        read: async (_request, context) => {
          lefts.push(context.deadline - Date.now());
          context.signal.addEventListener('abort', () => aborted.push(name));
          return next === undefined ? new Promise<Text>(() => {}) : next(context);
        },
      });
    };
    await using third = await hop('third');
    await using toThird = connect([third.port]);
    await using second = await hop('second', (parent) => toThird.client.read({}, { parent }));
    await using toSecond = connect([second.port]);
    await using first = await hop('first', (parent) => {
      // It may ask for more, and gets what is left.
      return toSecond.client.read({}, { parent, deadlineMs: 60_000 });
    });
    await using peer = connect([first.port]);
    const begun = performance.now();
    await assert.rejects(peer.client.read({}, { deadlineMs: 400 }), { code: 'DEADLINE_EXCEEDED' });
    assert.ok(performance.now() - begun >= 399);
    // The others may hear it from the one behind them before their own clock says it.
    await waitFor(() => aborted.includes('third'));
    await waitFor(() => [first, second, third].every(({ inFlight }) => inFlight === 0));
    assert.equal(lefts.length, 3);
    assert.ok(
      lefts.every((left) => left > 0 && left <= 401),
      String(lefts),
    );
  });

  test('cancel: before, and while the handler runs, whose signal tells it', async () => {
    const running = Promise.withResolvers<AbortSignal>();
    await using provider = await startProvider({
      change: (_request, { signal }) => {
        running.resolve(signal);
        return never;
      },
    });
    await using peer = connect([provider.port]);
    await assert.rejects(peer.client.change({}, { signal: AbortSignal.abort('no') }), {
      code: 'CANCELLED',
      sent: false,
      cause: 'no',
    });
    const controller = new AbortController();
    const call = peer.client.change({}, { signal: controller.signal });
    const signal = await running.promise;
    controller.abort(new Error('changed my mind'));
    await assert.rejects(call, { code: 'CANCELLED', sent: true });
    await waitFor(() => signal.aborted);
    assert.equal(signal.reason.code, 'CANCELLED');
    assert.equal(provider.inFlight, 0);
  });

  test('peer killed: what was sent fails with sent, the next call finds nobody', async () => {
    await using server = startChild(process.execPath, [
      join(import.meta.dirname, '../support/provider-process.ts'),
    ]);
    const port = Number((await server.waitForLine(/^port/)).slice(5));
    await using peer = connect([port]);
    assert.equal((await peer.client.change({ text: 'who' })).text, String(server.pid));
    const call = peer.client.change({ text: 'hang' });
    const failed = assert.rejects(call, { code: 'UNAVAILABLE', sent: true, retryable: true });
    await peer.client.change({ text: 'who' });
    server.kill('SIGKILL');
    await failed;
    await server.exit;
    await assert.rejects(peer.client.change({ text: 'who' }), {
      code: 'UNAVAILABLE',
      sent: false,
      message: /ECONNREFUSED/,
    });
  });

  test('cut in the middle of a frame: the answer that never came whole counts as none', async () => {
    await using server = await scriptedServer(({ type, id }, socket) => {
      if (type === FrameType.HELLO) socket.write(helloFrame());
      if (type !== FrameType.REQUEST) return;
      const answer = frame(FrameType.RESPONSE, FrameFlag.END, id, Buffer.from('{"text":"x"}'));
      socket.end(answer.subarray(0, answer.length - 3));
    });
    await using peer = connect([server.port]);
    await assert.rejects(peer.client.change({}), {
      code: 'UNAVAILABLE',
      sent: true,
      message: /in the middle of a frame/,
    });
    assert.equal(server.connections(), 1);
  });

  test('GOAWAY: calls it does not cover go elsewhere, those it covers are answered', async () => {
    const finish = Promise.withResolvers<void>();
    await using leaving = await scriptedServer(({ type, id }, socket) => {
      if (type === FrameType.HELLO) socket.write(helloFrame());
      if (type !== FrameType.REQUEST) return;
      if (id === 1) {
        finish.promise.then(() =>
          socket.write(frame(FrameType.RESPONSE, FrameFlag.END, 1, Buffer.from('{"text":"old"}'))),
        );
      } else {
        const goaway = encodeGoaway({ lastId: 1, code: 0, message: '' });
        socket.write(frame(FrameType.GOAWAY, 0, 0, goaway));
      }
    });
    await using other = await startProvider({ change: () => ({ text: 'new' }) });
    // Always the first of those that may be picked.
    await using peer = connect([leaving.port, other.port], {
      balancer: { pick: ([first]) => first as never },
    });
    const covered = peer.client.change({});
    const moved = peer.client.change({});
    assert.equal((await moved).text, 'new');
    assert.equal((await peer.client.change({})).text, 'new');
    finish.resolve();
    assert.equal((await covered).text, 'old');
  });

  test('an answer that cannot be decoded, a method nobody serves, a service nobody knows', async () => {
    await using provider = await startProvider();
    await using peer = connect([provider.port]);
    const { TestDefinition, text } = await import('../support/test-service.ts');
    const broken = {
      ...text,
      decode: () => {
        throw new Error('not today');
      },
    };
    const { read } = TestDefinition.methods;
    const other = peer.channel.client({
      ...TestDefinition,
      methods: { read: { ...read, responseType: broken }, gone: { ...read, name: 'Gone' } },
    });
    await assert.rejects(other.read({ text: '' }), { code: 'INTERNAL', reason: 'BAD_RESPONSE' });
    await assert.rejects(other.gone({ text: '' }), {
      code: 'UNIMPLEMENTED',
      message: '/test.v1.TestRpc/Gone is not served here',
    });
    await using lost = connect([]);
    await assert.rejects(lost.client.read({}), {
      code: 'UNAVAILABLE',
      reason: 'NO_PROVIDER',
      message: '/TestRpc/Read is not exist!',
    });
  });
});

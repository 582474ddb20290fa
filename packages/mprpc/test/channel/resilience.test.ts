import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { freePort, waitFor } from '@mpim/testkit';
import { RpcChannel, RpcError, StaticResolver } from '../../src/index.ts';
import { FrameType } from '../../src/wire/constants.ts';
import { helloFrame, scriptedServer } from '../support/scripted-peer.ts';
import { connect, startProvider, TestDefinition } from '../support/test-service.ts';

const first = { pick: ([candidate]: readonly unknown[]) => candidate as never };

describe('ejection', () => {
  test('an instance that answers with its own faults is left out; faults of the caller do not count', async () => {
    await using bad = await startProvider({
      change: () => {
        throw new RpcError('INTERNAL', 'broken');
      },
      read: () => {
        throw new RpcError('NOT_FOUND', 'no such thing');
      },
    });
    await using good = await startProvider();
    await using peer = connect([bad.port, good.port], { balancer: first });
    for (let i = 0; i < 20; i++) await assert.rejects(peer.client.read({}), { code: 'NOT_FOUND' });
    for (let i = 0; i < 5; i++) await assert.rejects(peer.client.change({}), { code: 'INTERNAL' });
    for (let i = 0; i < 20; i++) assert.deepEqual(await peer.client.change({}), { text: '' });
  });

  test('an ejected instance is better than none', async () => {
    await using bad = await startProvider({
      change: ({ text }) => {
        if (text === '') throw new RpcError('INTERNAL', 'broken');
        return { text };
      },
    });
    const dead = await freePort();
    await using peer = connect([bad.port, dead], { balancer: first });
    for (let i = 0; i < 5; i++) await assert.rejects(peer.client.change({}), { code: 'INTERNAL' });
    assert.deepEqual(await peer.client.change({ text: 'again' }), { text: 'again' });
  });
});

describe('retry budget', () => {
  test('when everything is cut only a few calls are repeated', async () => {
    let requests = 0;
    const held: (() => void)[] = [];
    await using cutting = await scriptedServer(({ type }, socket) => {
      if (type === FrameType.HELLO) socket.write(helloFrame());
      if (type !== FrameType.REQUEST) return;
      requests++;
      held.push(() => socket.destroy());
    });
    await using peer = connect([cutting.port]);
    const calls = Array.from({ length: 10 }, () => peer.client.read({}));
    const outcomes = Promise.allSettled(calls);
    await waitFor(() => requests === 10);
    held.at(-1)?.();
    await waitFor(() => requests === 13);
    await peer.channel.close();
    const errors = (await outcomes).map((outcome) => (outcome as { reason: RpcError }).reason.code);
    assert.equal(errors.filter((code) => code === 'UNAVAILABLE').length, 7);
  });
});

describe('waitForReady', () => {
  test('a call waits until somebody provides the method, and no longer than its deadline', async () => {
    const resolver = new StaticResolver({ TestRpc: [] });
    await using channel = new RpcChannel({ resolver });
    const client = channel.client(TestDefinition);
    await assert.rejects(client.change({}), { reason: 'NO_PROVIDER' });
    const late = client.change({ text: 'late' }, { waitForReady: true });
    await assert.rejects(client.change({}, { waitForReady: true, deadlineMs: 60 }), {
      code: 'DEADLINE_EXCEEDED',
      sent: false,
    });
    const port = await freePort();
    resolver.set('TestRpc', [{ host: '127.0.0.1', port }]);
    await assert.rejects(client.change({}), { code: 'UNAVAILABLE' });
    await using _provider = await startProvider({}, { port });
    assert.deepEqual(await late, { text: 'late' });
  });

  test('closing the channel ends the wait', async () => {
    const resolver = new StaticResolver({ TestRpc: [] });
    const channel = new RpcChannel({ resolver });
    const call = channel.client(TestDefinition).change({}, { waitForReady: true });
    await Promise.all([
      assert.rejects(call, { code: 'CANCELLED', reason: 'CHANNEL_CLOSED' }),
      channel.close(),
    ]);
  });
});

describe('hedging', () => {
  test('the second instance answers for the slow one, whose handler is told to stop', async () => {
    const stopped = Promise.withResolvers<void>();
    await using slow = await startProvider({
      read: (_, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            stopped.resolve();
            reject(signal.reason);
          });
        }),
    });
    await using quick = await startProvider({ read: () => ({ text: 'quick' }) });
    await using peer = connect([slow.port, quick.port], { balancer: first });
    const answer = await peer.client.read({}, { hedge: { afterMs: 20 } });
    assert.equal(answer.text, 'quick');
    await stopped.promise;
  });

  test('a quick answer makes no second call; an error counts when nobody else is left', async () => {
    let calls = 0;
    const count = () => {
      calls++;
      throw new RpcError('NOT_FOUND', 'nothing');
    };
    await using a = await startProvider({ read: count });
    await using b = await startProvider({ read: count });
    await using peer = connect([a.port, b.port]);
    await assert.rejects(peer.client.read({}, { hedge: { afterMs: 2000 } }), { code: 'NOT_FOUND' });
    assert.equal(calls, 1);
  });

  test('what may not be applied twice is not hedged; the deadline holds for all attempts', async () => {
    await using mute = await startProvider({ read: () => new Promise(() => {}) });
    await using peer = connect([mute.port]);
    await assert.rejects(peer.client.change({}, { hedge: { afterMs: 1 } }), {
      code: 'INVALID_ARGUMENT',
      reason: 'NOT_IDEMPOTENT',
    });
    const start = performance.now();
    await assert.rejects(peer.client.read({}, { hedge: { afterMs: 10 }, deadlineMs: 100 }), {
      code: 'DEADLINE_EXCEEDED',
    });
    assert.ok(performance.now() - start < 1000);
  });
});

describe('concurrency limit', () => {
  test('so many calls are under way, so many wait, the next one is told; those that wait keep their deadline', async () => {
    const answers: (() => void)[] = [];
    await using provider = await startProvider({
      change: (request) => new Promise((resolve) => answers.push(() => resolve(request))),
    });
    await using peer = connect([provider.port], { concurrency: { maxInFlight: 2, maxQueued: 2 } });
    const calls = ['a', 'b', 'c'].map((text) => peer.client.change({ text }));
    const late = peer.client.change({ text: 'late' }, { deadlineMs: 50 });
    await assert.rejects(peer.client.change({}), {
      code: 'RESOURCE_EXHAUSTED',
      reason: 'CHANNEL_FULL',
      sent: false,
    });
    await assert.rejects(late, { code: 'DEADLINE_EXCEEDED', message: /other calls/ });
    await waitFor(() => answers.length === 2);
    for (const answer of answers.splice(0)) answer();
    await waitFor(() => answers.length === 1);
    answers[0]?.();
    assert.deepEqual(
      (await Promise.all(calls)).map(({ text }) => text),
      ['a', 'b', 'c'],
    );
  });
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { waitFor } from '@mpim/testkit';
import { loadShedding, methodLimits, RpcError } from '../../src/index.ts';
import { QueueDelay } from '../../src/provider/load-shedding.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { connect, startProvider } from '../support/test-service.ts';

const first = { pick: ([candidate]: readonly unknown[]) => candidate as never };

describe('methodLimits', () => {
  test('a limit for a method that the service does not have is refused, not ignored', async () => {
    const limited = (key: string) => startProvider({}, { methodLimits: { [key]: {} } });
    await assert.rejects(limited('TestRpc/Chnage'), {
      code: 'INVALID_ARGUMENT',
      message: /TestRpc has no method 'Chnage' to limit; it has .*Change.*'TestRpc\/\*' means all/,
    });
    for (const key of ['TestRpc/Change', 'TestRpc/*', '*', 'OtherRpc/Chnage']) {
      await (await limited(key)).close();
    }
  });

  test('beyond the concurrency limit calls wait their turn, for a while, or are refused; other methods are free', async () => {
    const answers: (() => void)[] = [];
    await using provider = await startProvider(
      { change: (request) => new Promise((resolve) => answers.push(() => resolve(request))) },
      {
        methodLimits: { 'TestRpc/Change': { maxConcurrent: 1, maxQueued: 1, maxQueueMs: 60 } },
      },
    );
    await using peer = connect([provider.port]);
    const calls = [peer.client.change({ text: 'a' }), peer.client.change({ text: 'b' })];
    const outcomes = Promise.allSettled(calls);
    await waitFor(() => answers.length === 1);
    await assert.rejects(peer.client.change({ text: 'c' }), {
      code: 'RESOURCE_EXHAUSTED',
      reason: 'CONCURRENCY_LIMIT',
      sent: false,
    });
    assert.deepEqual(await peer.client.read({ text: 'free' }), { text: 'free' });
    await assert.rejects(calls[1] as Promise<unknown>, { reason: 'QUEUE_DELAY', sent: false });
    const next = peer.client.change({ text: 'd' });
    answers.shift()?.();
    await waitFor(() => answers.length === 1);
    answers.shift()?.();
    assert.deepEqual(await next, { text: 'd' });
    const [a] = await outcomes;
    assert.equal(a?.status, 'fulfilled');
  });

  test('a caller that gives up while its call waits frees its place', async () => {
    const answers: (() => void)[] = [];
    const handled: string[] = [];
    await using provider = await startProvider(
      {
        change: (request) => {
          handled.push(request.text);
          return new Promise((resolve) => answers.push(() => resolve(request)));
        },
      },
      { interceptors: [methodLimits({ '*': { maxConcurrent: 1, maxQueued: 1 } })] },
    );
    await using peer = connect([provider.port]);
    const running = peer.client.change({});
    await waitFor(() => answers.length === 1);
    const abort = new AbortController();
    const waiting = peer.client.change({ text: 'given up' }, { signal: abort.signal });
    await assert.rejects(peer.client.change({}), { reason: 'CONCURRENCY_LIMIT' });
    abort.abort();
    await assert.rejects(waiting, { code: 'CANCELLED' });
    // Its place is free when another one may wait there.
    await waitFor(async () => {
      const another = peer.client.change({}, { deadlineMs: 30 });
      const error = await another.catch((reason: RpcError) => reason);
      return error instanceof RpcError && error.code === 'DEADLINE_EXCEEDED';
    });
    answers[0]?.();
    await running;
    assert.ok(!handled.includes('given up'));
  });

  test('a place is free again when its handler ends, however the call does, and a stream ends with its call', async () => {
    const answers: (() => void)[] = [];
    await using provider = await startProvider(
      {
        change: (request) => new Promise((resolve) => answers.push(() => resolve(request))),
        read: () => {
          throw new RpcError('NOT_FOUND', 'no such thing');
        },
        async *list(request) {
          yield request;
          await new Promise(() => {});
        },
      },
      { methodLimits: { '*': { maxConcurrent: 1 } } },
    );
    await using peer = connect([provider.port]);
    // Thrown at once, twice: the first has left its place.
    for (let i = 0; i < 2; i++) await assert.rejects(peer.client.read({}), { code: 'NOT_FOUND' });
    // Given up by its caller, its handler still runs.
    await assert.rejects(peer.client.change({}, { deadlineMs: 20 }), { code: 'DEADLINE_EXCEEDED' });
    await assert.rejects(peer.client.change({}), { reason: 'CONCURRENCY_LIMIT' });
    answers.shift()?.();
    const next = waitFor(async () => {
      const call = peer.client.change({ text: 'next' }, { deadlineMs: 5000 });
      const refused = await Promise.race([
        call.then(
          () => false,
          () => true,
        ),
        waitFor(() => answers.length === 1).then(() => false),
      ]);
      if (refused) return false;
      answers.shift()?.();
      return (await call).text === 'next';
    });
    await next;
    // Its reader leaves while the handler waits for what never comes.
    for await (const _ of peer.client.list({})) break;
    await waitFor(async () => {
      for await (const _ of peer.client.list({ text: 'again' })) return true;
      return false;
    });
  });

  test('the rate limit lets a burst through, then so many a second', async () => {
    const clock = new ManualClock();
    await using provider = await startProvider(
      {},
      { interceptors: [methodLimits({ 'TestRpc/*': { ratePerSecond: 10, burst: 3 } }, clock)] },
    );
    await using peer = connect([provider.port]);
    const passed = async (count: number) => {
      const calls = Array.from({ length: count }, () => peer.client.read({}));
      const outcomes = await Promise.allSettled(calls);
      return outcomes.filter(({ status }) => status === 'fulfilled').length;
    };
    assert.equal(await passed(6), 3);
    clock.advance(200);
    assert.equal(await passed(6), 2);
    await assert.rejects(peer.client.read({}), {
      reason: 'RATE_LIMIT',
      message: '/TestRpc/Read: more calls than its rate limit allows',
    });
  });

  test('a refused call goes to another instance, even when it may not be applied twice', async () => {
    const limits = methodLimits({ '*': { ratePerSecond: 0.001, burst: 0 } });
    await using full = await startProvider({}, { interceptors: [limits] });
    await using free = await startProvider({ change: () => ({ text: 'free' }) });
    await using peer = connect([full.port, free.port], { balancer: first });
    for (let i = 0; i < 10; i++) assert.equal((await peer.client.change({})).text, 'free');
  });

  test("a handler that passes on another server's refusal is not taken for refusing itself", async () => {
    const limits = methodLimits({ '*': { ratePerSecond: 0.001, burst: 0 } });
    await using full = await startProvider({}, { interceptors: [limits] });
    await using behind = connect([full.port]);
    await using middle = await startProvider({
      change: () => behind.client.change({}),
    });
    await using peer = connect([middle.port]);
    await assert.rejects(peer.client.change({}), {
      code: 'RESOURCE_EXHAUSTED',
      reason: 'RATE_LIMIT',
      sent: true,
    });
  });
});

describe('loadShedding', () => {
  test('a delay that stays makes the refused share grow, one burst does not, and calm ends it', () => {
    const clock = new ManualClock();
    const delay = new QueueDelay({ clock });
    const late = (ms: number) => {
      delay.touch();
      clock.jump(50 + ms);
    };
    late(500);
    for (let i = 0; i < 3; i++) late(0);
    assert.equal(delay.share, 0);
    for (let i = 0; i < 8; i++) late(150);
    assert.ok(Math.abs(delay.share - 0.3) < 0.001);
    for (let i = 0; i < 40; i++) late(150);
    assert.equal(delay.share, 0.95);
    clock.advance(10_000);
    assert.equal(delay.share, 0);
    assert.equal(clock.timers, 0, 'without calls no timer runs');
  });

  const shedding = { maxDelayMs: 2, intervalMs: 20 };
  const ways = [
    { name: 'option', options: { loadShedding: shedding } },
    { name: 'interceptor', options: { interceptors: [loadShedding(shedding)] } },
  ];
  for (const { name, options } of ways) {
    test(`${name}: a process that is kept busy refuses calls, and takes them again when it is not`, async () => {
      const burn = (ms: number) => {
        for (const end = performance.now() + ms; performance.now() < end; );
      };
      await using provider = await startProvider(
        {
          change: async (request) => {
            burn(8);
            return request;
          },
        },
        options,
      );
      await using peer = connect([provider.port], { defaultDeadlineMs: 10_000 });
      let refused = 0;
      const keepCalling = async () => {
        while (refused < 20) {
          await peer.client.change({}).catch((error: RpcError) => {
            assert.equal(error.reason, 'OVERLOADED');
            refused++;
          });
        }
      };
      await Promise.all(Array.from({ length: 10 }, keepCalling));
      await waitFor(async () => (await peer.client.read({ text: 'calm' })).text === 'calm');
    });
  }
});

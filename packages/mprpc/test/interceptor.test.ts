import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { waitFor } from '@mpim/testkit';
import {
  type CallEnd,
  circuitBreaker,
  type Interceptor,
  methodLimits,
  RpcError,
} from '../src/index.ts';
import { leaveNothingOpen } from './support/leak-check.ts';
import { ManualClock } from './support/manual-clock.ts';
import { connect, startProvider } from './support/test-service.ts';

/** One interceptor for both sides that writes down how calls end. */
function diary(): { interceptor: Interceptor; ends: string[]; all: CallEnd[] } {
  const ends: string[] = [];
  const all: CallEnd[] = [];
  const interceptor: Interceptor = (call, next) => {
    call.progress.onEnd((end) => {
      all.push(end);
      const { code, requests, responses } = end;
      ends.push(`${call.side} ${call.kind} ${code} ${requests} ${responses}`);
    });
    return next(call);
  };
  return { interceptor, ends, all };
}

const three = [{ text: 'a' }, { text: 'b' }, { text: 'c' }];

async function readAll(stream: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const _ of stream) count++;
  return count;
}

describe('interceptors see the end of every kind of call, on both sides', () => {
  leaveNothingOpen();

  test('that goes well: code and messages', async () => {
    const { interceptor, ends, all } = diary();
    const options = { interceptors: [interceptor] };
    await using provider = await startProvider({}, options);
    await using peer = connect([provider.port], options);
    await peer.client.change({ text: 'x' });
    await peer.client.collect(three);
    assert.equal(await readAll(peer.client.list({ text: 'a b c d' })), 4);
    assert.equal(await readAll(peer.client.chat(three)), 3);
    await waitFor(() => ends.length === 8);
    assert.deepEqual(ends.toSorted(), [
      'client bidirectional OK 3 3',
      'client client-streaming OK 3 1',
      'client server-streaming OK 1 4',
      'client unary OK 1 1',
      'server bidirectional OK 3 3',
      'server client-streaming OK 3 1',
      'server server-streaming OK 1 4',
      'server unary OK 1 1',
    ]);
    assert.ok(all.every(({ ms, error }) => ms >= 0 && ms < 20_000 && error === undefined));
  });

  test('a stream ends with its last message, not when it is begun, and its time is all of it', async () => {
    const { interceptor, ends, all } = diary();
    const options = { interceptors: [interceptor] };
    const more = Promise.withResolvers<void>();
    await using provider = await startProvider(
      {
        async *list() {
          yield { text: 'first' };
          await more.promise;
          yield { text: 'last' };
        },
      },
      options,
    );
    await using peer = connect([provider.port], options);
    const list = peer.client.list({});
    await list.next();
    const begun = performance.now();
    await waitFor(() => performance.now() - begun > 50);
    assert.deepEqual(ends, []);
    more.resolve();
    assert.equal(await readAll(list), 1);
    assert.deepEqual(ends.toSorted(), [
      'client server-streaming OK 1 2',
      'server server-streaming OK 1 2',
    ]);
    assert.ok(all.every(({ ms }) => ms >= 50));
  });

  test('that fails in the middle, is left, or runs out of time', async () => {
    const { interceptor, ends, all } = diary();
    const options = { interceptors: [interceptor] };
    await using provider = await startProvider(
      {
        async *list({ text }, { signal }) {
          yield { text: 'one' };
          if (text === 'fail') throw new RpcError('ABORTED', 'enough');
          if (text === 'fault') throw new Error('a fault');
          await new Promise((_, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason));
          });
        },
      },
      { ...options, onError: () => {} },
    );
    await using peer = connect([provider.port], options);
    const ended = async (): Promise<string[]> => {
      await waitFor(() => ends.length === 2);
      return ends.splice(0).toSorted();
    };
    await assert.rejects(readAll(peer.client.list({ text: 'fail' })), { code: 'ABORTED' });
    assert.deepEqual(await ended(), [
      'client server-streaming ABORTED 1 1',
      'server server-streaming ABORTED 1 1',
    ]);
    assert.ok(all.every(({ error }) => error instanceof RpcError && error.message === 'enough'));
    await assert.rejects(readAll(peer.client.list({ text: 'fault' })), { code: 'INTERNAL' });
    assert.deepEqual(await ended(), [
      'client server-streaming INTERNAL 1 1',
      'server server-streaming INTERNAL 1 1',
    ]);
    for await (const _ of peer.client.list({ text: 'hang' })) break;
    assert.deepEqual(await ended(), [
      'client server-streaming CANCELLED 1 1',
      'server server-streaming CANCELLED 1 1',
    ]);
    await assert.rejects(readAll(peer.client.list({ text: 'hang' }, { deadlineMs: 100 })));
    const [client, server] = await ended();
    assert.equal(client, 'client server-streaming DEADLINE_EXCEEDED 1 1');
    assert.match(server ?? '', /^server server-streaming (DEADLINE_EXCEEDED|CANCELLED) 1 1$/);
  });

  test('that never began: refused by an interceptor behind, or by nobody being there', async () => {
    const { interceptor, ends } = diary();
    const refuse: Interceptor = async () => {
      throw new RpcError('PERMISSION_DENIED', 'not you');
    };
    await using provider = await startProvider({}, { interceptors: [interceptor, refuse] });
    await using peer = connect([provider.port]);
    await assert.rejects(peer.client.change({}), { code: 'PERMISSION_DENIED' });
    await assert.rejects(readAll(peer.client.list({})), { code: 'PERMISSION_DENIED' });
    assert.deepEqual(ends.splice(0), [
      'server unary PERMISSION_DENIED 1 0',
      'server server-streaming PERMISSION_DENIED 1 0',
    ]);
    await using alone = connect([], { interceptors: [interceptor] });
    await assert.rejects(alone.client.change({}), { code: 'UNAVAILABLE' });
    await assert.rejects(readAll(alone.client.chat(three)), { code: 'UNAVAILABLE' });
    await assert.rejects(alone.client.collect(three), { code: 'UNAVAILABLE' });
    assert.deepEqual(ends.splice(0), [
      'client unary UNAVAILABLE 1 0',
      'client bidirectional UNAVAILABLE 0 0',
      'client client-streaming UNAVAILABLE 0 0',
    ]);
    await using guarded = connect([provider.port], { interceptors: [interceptor, refuse] });
    await assert.rejects(readAll(guarded.client.list({})), { code: 'PERMISSION_DENIED' });
    assert.deepEqual(ends, ['client server-streaming PERMISSION_DENIED 0 0']);
  });

  test('of which each is told once, however late it asks', async () => {
    const heard: string[] = [];
    const late: Interceptor = async (call, next) => {
      const response = await next(call);
      await new Promise<void>((resolve) => call.progress.onEnd(() => resolve()));
      call.progress.onEnd(({ code }) => heard.push(code));
      return response;
    };
    await using provider = await startProvider();
    await using peer = connect([provider.port], {
      interceptors: [
        async (call, next) => {
          if (call.kind === 'unary') return next(call);
          return late(call, async (passed) => {
            const stream = await next(passed);
            await readAll(stream as AsyncIterable<unknown>);
            return [];
          });
        },
      ],
    });
    await assert.rejects(readAll(peer.client.list({ text: 'a b' })), { code: 'INTERNAL' });
    assert.deepEqual(heard, ['OK']);
  });
});

describe('what limits by interceptor treats streams rightly', () => {
  leaveNothingOpen();

  test('a stream takes its place of methodLimits until its end', async () => {
    const limit = methodLimits({ 'StreamRpc/*': { maxConcurrent: 1 } });
    await using provider = await startProvider(
      {
        async *list(_request, { signal }) {
          yield { text: 'one' };
          await new Promise((_, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason));
          });
        },
      },
      { interceptors: [limit] },
    );
    await using peer = connect([provider.port]);
    const list = peer.client.list({});
    await list.next();
    const refused = { code: 'RESOURCE_EXHAUSTED', reason: 'CONCURRENCY_LIMIT' };
    await assert.rejects(readAll(peer.client.list({})), refused);
    await list.return?.();
    await waitFor(() => provider.inFlight === 0);
    const next = peer.client.list({});
    assert.equal((await next.next()).value?.text, 'one');
    await next.return?.();
  });

  test('a circuit counts streams that fail in the middle, and opens', async () => {
    await using provider = await startProvider({
      async *list() {
        yield { text: 'one' };
        throw new RpcError('INTERNAL', 'sick');
      },
    });
    const clock = new ManualClock();
    await using peer = connect([provider.port], {
      interceptors: [circuitBreaker({ minCalls: 4, coolMs: 1000, probes: 1 }, clock)],
      outliers: { consecutiveFailures: Infinity },
    });
    for (let i = 0; i < 4; i++) {
      await assert.rejects(readAll(peer.client.list({})), { code: 'INTERNAL' });
    }
    await assert.rejects(readAll(peer.client.list({})), { reason: 'CIRCUIT_OPEN' });
    clock.advance(1000);
    // The probe is a stream nobody ends: after a while another call may prove that all is well.
    const source = Promise.withResolvers<void>();
    async function* endless() {
      yield { text: 'one' };
      await source.promise;
    }
    const probe = peer.client.chat(endless());
    await probe.next();
    await assert.rejects(readAll(peer.client.chat(three)), { reason: 'CIRCUIT_OPEN' });
    clock.advance(1000);
    assert.equal(await readAll(peer.client.chat(three)), 3);
    assert.equal(await readAll(peer.client.chat(three)), 3);
    source.resolve();
    assert.equal(await readAll(probe), 0);
  });
});

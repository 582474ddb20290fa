import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { waitFor } from '@mpim/testkit';
import {
  clientCalls,
  type Metadata,
  RpcError,
  serverCalls,
  type TracedCall,
} from '../../src/index.ts';
import { connect, startProvider } from '../support/test-service.ts';

describe('tracing channels', () => {
  test('tell of every call on both sides, of its result or error, for as long as somebody listens', async () => {
    await using provider = await startProvider({
      change: () => {
        throw new RpcError('NOT_FOUND', 'nothing here');
      },
    });
    await using peer = connect([provider.port]);
    const started: string[] = [];
    const ended: string[] = [];
    const handlers = {
      start: (call: TracedCall) => void started.push(`${call.side} ${call.service}/${call.method}`),
      end: () => {},
      asyncStart: () => {},
      asyncEnd: (call: TracedCall) =>
        void ended.push(`${call.side} ${call.error ?? JSON.stringify(call.result)}`),
      error: () => {},
    };
    clientCalls.subscribe(handlers);
    serverCalls.subscribe(handlers);
    await peer.client.read({ text: 'hi' }, { metadata: { a: '1' } });
    await assert.rejects(peer.client.change({}));
    clientCalls.unsubscribe(handlers);
    serverCalls.unsubscribe(handlers);
    await peer.client.read({});
    assert.deepEqual(started, [
      'client TestRpc/Read',
      'server TestRpc/Read',
      'client TestRpc/Change',
      'server TestRpc/Change',
    ]);
    assert.deepEqual(ended, [
      'server {"text":"hi"}',
      'client {"text":"hi"}',
      'server RpcError: nothing here',
      'client RpcError: nothing here',
    ]);
  });
});

describe('tracing channels and streams', () => {
  test('a stream is told of when it begins, and again at its last message or error, on both sides', async () => {
    await using provider = await startProvider({
      async *list() {
        yield { text: 'one' };
        throw new RpcError('ABORTED', 'enough');
      },
    });
    await using peer = connect([provider.port]);
    const events: string[] = [];
    const note = (event: string) => (call: TracedCall) =>
      void events.push(`${call.side} ${call.method} ${event}${call.error ? ` ${call.error}` : ''}`);
    const handlers = {
      start: note('start'),
      end: () => {},
      asyncStart: () => {},
      asyncEnd: note('end'),
      error: note('error'),
    };
    clientCalls.subscribe(handlers);
    serverCalls.subscribe(handlers);
    for await (const _ of peer.client.chat([{ text: 'a' }]));
    assert.equal((await peer.client.collect([{ text: 'a' }])).text, 'a');
    await assert.rejects(async () => {
      for await (const _ of peer.client.list({})) events.push('message');
    });
    clientCalls.unsubscribe(handlers);
    serverCalls.unsubscribe(handlers);
    assert.deepEqual(events, [
      'client Chat start',
      'server Chat start',
      'server Chat end',
      'client Chat end',
      'client Collect start',
      'server Collect start',
      'server Collect end',
      'client Collect end',
      'client List start',
      'server List start',
      'server List error RpcError: enough',
      'server List end RpcError: enough',
      'client List error RpcError: enough',
      'client List end RpcError: enough',
      'message',
    ]);
  });
});

describe('trace context', () => {
  test('a call on behalf of another belongs to its trace unless it names one', async () => {
    const seen: Metadata[] = [];
    await using behind = await startProvider({
      read: (request, { metadata }) => {
        seen.push(metadata);
        return request;
      },
    });
    await using inner = connect([behind.port]);
    await using middle = await startProvider({
      read: async (request, context) => {
        await inner.client.read(request, { parent: context });
        await inner.client.read(request, { parent: context, metadata: { a: '1' } });
        await inner.client.read(request, { parent: context, metadata: { traceparent: 'own' } });
        return request;
      },
    });
    await using peer = connect([middle.port]);
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await peer.client.read({}, { metadata: { traceparent, tracestate: 'x=y', other: 'stays' } });
    assert.deepEqual(
      seen.map((metadata) => ({ ...metadata })),
      [
        { traceparent, tracestate: 'x=y' },
        { a: '1', traceparent, tracestate: 'x=y' },
        { traceparent: 'own' },
      ],
    );
  });
});

describe('stats', () => {
  test('what the channel does, per address', async () => {
    const answer = Promise.withResolvers<void>();
    await using provider = await startProvider({
      change: async (request) => {
        await answer.promise;
        return request;
      },
    });
    await using peer = connect([provider.port], { concurrency: { maxInFlight: 1 } });
    const calls = [peer.client.change({}), peer.client.change({})];
    await waitFor(() => provider.inFlight === 1);
    assert.deepEqual(peer.channel.stats, {
      inFlight: 2,
      queued: 1,
      retries: 0,
      retriesRefused: 0,
      ejections: 0,
      stalls: 0,
      probes: 0,
      compression: undefined,
      addresses: [
        {
          address: `127.0.0.1:${provider.port}`,
          connection: 'ready',
          inFlight: 1,
          ejected: false,
          stalled: false,
          unreachable: false,
        },
      ],
    });
    answer.resolve();
    await Promise.all(calls);
    const { inFlight, queued, addresses } = peer.channel.stats;
    assert.deepEqual([inFlight, queued, addresses[0]?.inFlight], [0, 0, 0]);
  });
});

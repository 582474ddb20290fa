import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { waitFor } from '@mpim/testkit';
import { type Interceptor, RpcError } from '../../src/index.ts';
import { leaveNothingOpen } from '../support/leak-check.ts';
import { all, endless } from '../support/streams.ts';
import { connect, startProvider, type Text } from '../support/test-service.ts';

const never = new Promise<never>(() => {});

describe('streaming calls', () => {
  leaveNothingOpen();

  test('success: each kind, with none, one and many messages', async () => {
    await using provider = await startProvider();
    await using peer = connect([provider.port]);
    const words = Array.from({ length: 2000 }, (_, index) => `word${index}`);
    assert.deepEqual(await all(peer.client.list({ text: words.join(' ') })), words);
    const texts = words.map((text) => ({ text }));
    assert.equal((await peer.client.collect(texts)).text, words.join(' '));
    assert.equal((await peer.client.collect([])).text, '');
    assert.deepEqual(await all(peer.client.chat(texts)), words);
    assert.deepEqual(await all(peer.client.chat([])), []);
    assert.equal(provider.inFlight, 0);
  });

  test('a conversation: each message is answered before the next is sent', async () => {
    await using provider = await startProvider();
    await using peer = connect([provider.port]);
    const answered: string[] = [];
    let next = Promise.withResolvers<string | undefined>();
    async function* requests(): AsyncGenerator<Text> {
      for (;;) {
        const text = await next.promise;
        next = Promise.withResolvers();
        if (text === undefined) return;
        yield { text };
      }
    }
    next.resolve('1');
    for await (const { text } of peer.client.chat(requests())) {
      answered.push(text);
      next.resolve(text.length < 5 ? `${text}1` : undefined);
    }
    assert.deepEqual(answered, ['1', '11', '111', '1111', '11111']);
  });

  test('a stream that is not read is no call', async () => {
    await using provider = await startProvider();
    await using peer = connect([provider.port]);
    const unread = peer.client.list({ text: 'a' });
    await peer.client.change({});
    assert.equal(provider.inFlight, 0);
    await unread.return?.();
    assert.deepEqual(await all(unread), []);
  });

  test('error: after the messages before it; a handler that throws anything else', async () => {
    const heard: unknown[] = [];
    await using provider = await startProvider(
      {
        async *list() {
          yield { text: 'a' };
          throw new RpcError('NOT_FOUND', 'no b', { reason: 'B' });
        },
        collect: () => {
          throw new Error('secret');
        },
        chat: () => {
          throw new RpcError('PERMISSION_DENIED', 'no');
        },
      },
      { onError: (error) => heard.push(error) },
    );
    await using peer = connect([provider.port]);
    const list = peer.client.list({});
    assert.equal((await list.next()).value?.text, 'a');
    await assert.rejects(list.next(), { code: 'NOT_FOUND', message: 'no b', reason: 'B' });
    assert.ok((await list.next()).done);
    const source = endless('x');
    await assert.rejects(peer.client.collect(source), { code: 'INTERNAL' });
    await waitFor(() => source.state.closed || source.state.sent === 0);
    assert.equal(heard.length, 1);
    await assert.rejects(all(peer.client.chat(endless('x'))), { code: 'PERMISSION_DENIED' });
  });

  test('the source of requests fails: the caller hears it, the handler is cancelled', async () => {
    const ended = Promise.withResolvers<unknown>();
    await using provider = await startProvider({
      collect: async (requests) => {
        try {
          for await (const _ of requests);
        } catch (error) {
          ended.resolve(error);
        }
        return { text: '' };
      },
    });
    await using peer = connect([provider.port]);
    async function* failing(): AsyncGenerator<Text> {
      yield { text: 'a' };
      throw new Error('out of ideas');
    }
    await assert.rejects(peer.client.collect(failing()), {
      code: 'CANCELLED',
      reason: 'REQUEST_STREAM_FAILED',
      message: /out of ideas/,
    });
    assert.equal(((await ended.promise) as RpcError).code, 'CANCELLED');
  });

  test('an early answer ends the stream of requests', async () => {
    await using provider = await startProvider({
      collect: async (requests) => ({ text: (await requests.next()).value?.text ?? '' }),
    });
    await using peer = connect([provider.port]);
    const source = endless('first');
    assert.equal((await peer.client.collect(source)).text, 'first');
    await waitFor(() => source.state.closed);
  });

  test('deadline: both sides stop, the generators are closed; none unless given', async () => {
    const source = endless('x');
    await using provider = await startProvider({ list: () => source, collect: () => never });
    await using peer = connect([provider.port], { defaultDeadlineMs: 30 });
    const requests = endless('y');
    await assert.rejects(peer.client.collect(requests, { deadlineMs: 60 }), {
      code: 'DEADLINE_EXCEEDED',
      sent: true,
    });
    const list = peer.client.list({}, { deadlineMs: 80 });
    const reading = (async () => {
      for await (const _ of list);
    })();
    await assert.rejects(reading, { code: 'DEADLINE_EXCEEDED' });
    await waitFor(() => source.state.closed && requests.state.closed);
    assert.equal(provider.inFlight, 0);
  });

  test('cancel by signal, by leaving the loop, by closing the channel', async () => {
    const sources = [endless('0'), endless('1'), endless('2')];
    await using provider = await startProvider({
      list: ({ text }) => sources[Number(text)] ?? [],
    });
    await using peer = connect([provider.port]);
    const controller = new AbortController();
    const list = peer.client.list({ text: '0' }, { signal: controller.signal });
    await list.next();
    controller.abort();
    await assert.rejects(list.next(), { code: 'CANCELLED' });
    for await (const { text } of peer.client.list({ text: '1' })) {
      assert.equal(text, '1');
      break;
    }
    await waitFor(() => sources[0]?.state.closed === true && sources[1]?.state.closed === true);
    assert.equal(provider.inFlight, 0);
    const last = peer.client.list({ text: '2' });
    await last.next();
    await peer.channel.close();
    await assert.rejects(all(last), { code: 'CANCELLED', reason: 'CHANNEL_CLOSED' });
    await waitFor(() => sources[2]?.state.closed === true);
    await assert.rejects(all(peer.client.list({})), { reason: 'CHANNEL_CLOSED' });
  });

  test('a slow reader bounds what is sent and kept, in both directions', async () => {
    const limits = { streamWindowBytes: 16_384 };
    const word = 'x'.repeat(1000);
    const responses = endless(word);
    let read = 0;
    const release = Promise.withResolvers<void>();
    await using provider = await startProvider(
      {
        list: () => responses,
        collect: async (requests) => {
          for await (const _ of requests) if (++read === 3) await release.promise;
          return { text: '' };
        },
      },
      { limits },
    );
    await using peer = connect([provider.port], { limits });
    const list = peer.client.list({});
    await list.next();
    await waitFor(() => responses.state.sent >= 16);
    // Everything under way has arrived once a later call is answered.
    for (let i = 0; i < 20; i++) await peer.client.change({});
    const most = Math.ceil(16_384 / 1000) + 4;
    assert.ok(responses.state.sent <= most, `${responses.state.sent} were taken from the source`);
    for (let i = 0; i < 100; i++) await list.next();
    assert.ok(responses.state.sent > 100 && responses.state.sent <= 100 + most);
    await list.return?.();

    const requests = endless(word);
    const controller = new AbortController();
    const call = peer.client.collect(requests, { signal: controller.signal });
    await waitFor(() => read === 3 && requests.state.sent >= 16);
    for (let i = 0; i < 20; i++) await peer.client.change({});
    assert.ok(requests.state.sent <= most + 3, `${requests.state.sent} were taken`);
    release.resolve();
    await waitFor(() => read > 200);
    controller.abort();
    await assert.rejects(call, { code: 'CANCELLED' });
  });

  test('a stream nobody reads does not hold up the calls beside it', async () => {
    const responses = endless('x'.repeat(50_000));
    await using provider = await startProvider({ list: () => responses });
    await using peer = connect([provider.port]);
    const stalled = Array.from({ length: 10 }, () => peer.client.list({}));
    for (const list of stalled) await list.next();
    assert.deepEqual(await all(peer.client.chat([{ text: 'a' }])), ['a']);
    assert.equal((await peer.client.change({ text: 'b' })).text, 'b');
    for (const list of stalled) await list.return?.();
  });

  test('a message larger than the receiver accepts fails its call alone', async () => {
    const limits = { maxFrameBytes: 20_000 };
    const large = { text: 'x'.repeat(30_000) };
    await using provider = await startProvider({ list: () => [large] }, { limits });
    await using peer = connect([provider.port], { limits });
    const expected = { code: 'RESOURCE_EXHAUSTED', reason: 'MESSAGE_TOO_LARGE' };
    await assert.rejects(peer.client.collect([large]), expected);
    await assert.rejects(all(peer.client.list({})), expected);
    assert.equal((await peer.client.change({ text: 'b' })).text, 'b');
  });

  test('more streams than a connection may have are refused', async () => {
    await using provider = await startProvider({}, { maxStreams: 1 });
    await using peer = connect([provider.port]);
    const first = peer.client.list({ text: 'a b' });
    await first.next();
    assert.deepEqual(await all(first), ['b']);
    const gate = Promise.withResolvers<void>();
    async function* held(): AsyncGenerator<Text> {
      yield { text: 'a' };
      await gate.promise;
    }
    const open = peer.client.chat(held());
    await open.next();
    await assert.rejects(all(peer.client.list({})), {
      code: 'RESOURCE_EXHAUSTED',
      reason: 'TOO_MANY_STREAMS',
    });
    gate.resolve();
    assert.deepEqual(await all(open), []);
    assert.deepEqual(await all(peer.client.list({ text: 'c' })), ['c']);
  });

  test('interceptors of both sides see streams and may replace them', async () => {
    const shout: Interceptor = async (call, next) => {
      const responses = (await next(call)) as AsyncIterable<Text>;
      return (async function* () {
        for await (const { text } of responses) yield { text: `${text}!` };
      })();
    };
    await using provider = await startProvider({}, { interceptors: [shout] });
    await using peer = connect([provider.port], { interceptors: [shout] });
    assert.deepEqual(await all(peer.client.list({ text: 'a b' })), ['a!!', 'b!!']);
    const refuse: Interceptor = () => Promise.reject(new RpcError('ABORTED', 'no'));
    await using refused = connect([provider.port], { interceptors: [refuse] });
    await assert.rejects(all(refused.client.chat([])), { code: 'ABORTED' });
  });
});

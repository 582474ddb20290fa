import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { waitFor } from '@mpim/testkit';
import { type CallObserver, RpcError } from '../../src/index.ts';
import { connect, startProvider } from '../support/test-service.ts';

/** An observer that writes down what it hears. */
function notebook(): { observer: CallObserver; calls: string[]; times: number[]; asked: string[] } {
  const calls: string[] = [];
  const times: number[] = [];
  const asked: string[] = [];
  const observer: CallObserver = ({ service, method }) => {
    asked.push(`${service}/${method}`);
    return (code, ms) => {
      calls.push(`${method} ${code}`);
      times.push(ms);
    };
  };
  return { observer, calls, times, asked };
}

test('both sides hear once how each call ended, and how long it took', async () => {
  const [client, server] = [notebook(), notebook()];
  const handlerRuns = Promise.withResolvers<void>();
  await using provider = await startProvider(
    {
      change: () => {
        throw new RpcError('NOT_FOUND', 'nothing here');
      },
      read: async (request, { signal }) => {
        if (request.text !== 'wait') return request;
        handlerRuns.resolve();
        await once(signal, 'abort');
        return request;
      },
    },
    { observer: server.observer },
  );
  await using peer = connect([provider.port], { observer: client.observer });
  await peer.client.read({ text: 'hi' });
  await assert.rejects(peer.client.change({}), { code: 'NOT_FOUND' });
  const cancel = new AbortController();
  const cancelled = peer.client.read({ text: 'wait' }, { signal: cancel.signal });
  await handlerRuns.promise;
  cancel.abort();
  await assert.rejects(cancelled, { code: 'CANCELLED' });
  await waitFor(() => server.calls.length === 3, { what: 'the server hears of the cancellation' });
  await assert.rejects(peer.client.read({ text: 'wait' }, { deadlineMs: 30 }), {
    code: 'DEADLINE_EXCEEDED',
  });
  await waitFor(() => server.calls.length === 4, { what: 'the server hears of the deadline' });
  const expected = ['Read OK', 'Change NOT_FOUND', 'Read CANCELLED', 'Read DEADLINE_EXCEEDED'];
  assert.deepEqual(client.calls, expected);
  assert.deepEqual(server.calls.slice(0, 3), expected.slice(0, 3));
  // Whose clock strikes first: its own, or the caller's, who then cancels.
  assert.match(server.calls[3] ?? '', /^Read (DEADLINE_EXCEEDED|CANCELLED)$/);
  assert.ok((client.times[3] ?? 0) >= 30, `${client.times[3]} ms`);
  assert.ok(client.times.every((ms) => ms >= 0 && ms < 20_000));
  assert.equal(client.asked.filter((method) => method === 'TestRpc/Read').length, 1);
});

test('a stream is over with its last message, a hedged call is one', async () => {
  const [client, server] = [notebook(), notebook()];
  const goOn = Promise.withResolvers<void>();
  await using provider = await startProvider(
    {
      async *list(request) {
        yield request;
        await goOn.promise;
        if (request.text === 'break') throw new RpcError('ABORTED', 'that was it');
        yield request;
      },
      read: async (request) => {
        await goOn.promise;
        return request;
      },
    },
    { observer: server.observer },
  );
  await using peer = connect([provider.port, provider.port], { observer: client.observer });
  const stream = peer.client.list({ text: 'two' });
  await stream.next();
  assert.deepEqual([...client.calls, ...server.calls], []);
  const hedged = peer.client.read({}, { hedge: { afterMs: 1 } });
  goOn.resolve();
  await stream.next();
  assert.equal((await stream.next()).done, true);
  await assert.rejects(Array.fromAsync(peer.client.list({ text: 'break' })), { code: 'ABORTED' });
  await hedged;
  assert.deepEqual(client.calls.toSorted(), ['List ABORTED', 'List OK', 'Read OK']);
  assert.deepEqual(
    server.calls.filter((call) => call.startsWith('List')),
    ['List OK', 'List ABORTED'],
  );
});

test('callers and observers are told of a failure in the words of translateError', async () => {
  const { observer, calls } = notebook();
  const refuse = () => {
    throw new RpcError('UNAUTHENTICATED', 'who are you?');
  };
  await using provider = await startProvider({ read: refuse, list: refuse, change: (it) => it });
  await using peer = connect([provider.port], {
    observer,
    translateError: (error) =>
      new RpcError('UNAVAILABLE', `${error.message} Show your badge.`, { cause: error }),
  });
  const told = { code: 'UNAVAILABLE', message: 'who are you? Show your badge.' };
  await assert.rejects(peer.client.read({}), told);
  await assert.rejects(Array.fromAsync(peer.client.list({})), told);
  await peer.client.change({});
  assert.deepEqual(calls, ['Read UNAVAILABLE', 'List UNAVAILABLE', 'Change OK']);
});

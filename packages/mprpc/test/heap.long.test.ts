import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { RpcError } from '../src/index.ts';
import { connect, startProvider, type Text } from './support/test-service.ts';

/** Callers at once, and calls between two looks at the heap. */
const CALLERS = 128;
const POINTS = 10;
/** A leak of 50 bytes per call is ten times this; what is seen without one is a tenth of it. */
const MAX_BYTES_PER_CALL = 5;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Heap and buffers of this process, with nothing in them that could go. */
function usedBytes(): number {
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** Least squares: bytes per call. */
function slope(points: readonly (readonly [calls: number, bytes: number])[]): number {
  const mean = (of: 0 | 1): number =>
    points.reduce((sum, point) => sum + point[of], 0) / points.length;
  const [calls, bytes] = [mean(0), mean(1)];
  const above = points.reduce((sum, [x, y]) => sum + (x - calls) * (y - bytes), 0);
  return above / points.reduce((sum, [x]) => sum + (x - calls) ** 2, 0);
}

/** Makes calls of every kind that end in every way; resolves with how much each of them leaves behind. */
async function bytesPerCall(calls: number, onRequest: (request: Text) => void): Promise<number> {
  const waitForEnd = async (request: Text, { signal }: { signal: AbortSignal }): Promise<Text> => {
    if (!signal.aborted) await once(signal, 'abort');
    return request;
  };
  await using provider = await startProvider({
    read: (request, context) => {
      onRequest(request);
      if (request.text === 'wait') return waitForEnd(request, context);
      if (request.text === 'fail') throw new RpcError('NOT_FOUND', 'nothing here');
      return Promise.resolve(request);
    },
    async *list(request, context) {
      onRequest(request);
      for (let sent = 0; sent < 10; sent++) yield request;
      if (request.text === 'fail') throw new RpcError('ABORTED', 'that was it');
      if (request.text === 'wait') await waitForEnd(request, context);
    },
  });
  await using peer = connect([provider.port]);
  const { client } = peer;
  const shared = new AbortController();
  const fails = async (call: Promise<unknown>, code: string): Promise<void> => {
    await assert.rejects(call, { code });
  };
  const read = async (text: string, stopAfter = Infinity, deadlineMs = 5000): Promise<void> => {
    let messages = 0;
    for await (const _ of client.list({ text }, { deadlineMs })) {
      if (++messages === stopAfter) break;
    }
  };
  const cancelled = async (): Promise<void> => {
    const abort = new AbortController();
    const call = client.read({ text: 'wait' }, { signal: abort.signal });
    setImmediate(() => abort.abort());
    await fails(call, 'CANCELLED');
  };
  const requests = Array.from({ length: 5 }, () => ({ text: 'word' }));
  const kinds: readonly (() => Promise<unknown>)[] = [
    () => fails(client.read({ text: 'fail' }), 'NOT_FOUND'),
    () => fails(client.read({ text: 'wait' }, { deadlineMs: 5 }), 'DEADLINE_EXCEEDED'),
    cancelled,
    () => client.read({ text: 'one signal for all' }, { signal: shared.signal }),
    () => client.read({ text: 'metadata' }, { metadata: { trace: 'x' } }),
    () => client.read({ text: 'hedged' }, { hedge: { afterMs: 1000 } }),
    () => read('all'),
    () => read('stopped early', 3),
    () => fails(read('fail'), 'ABORTED'),
    () => fails(read('wait', Infinity, 5), 'DEADLINE_EXCEEDED'),
    () => client.collect(requests),
    () => Array.fromAsync(client.chat(requests)),
  ];
  let begun = 0;
  const caller = async (until: number): Promise<void> => {
    while (begun < until) {
      const turn = begun++;
      const kind = turn % 8 === 0 ? kinds[(turn / 8) % kinds.length] : undefined;
      await (kind === undefined ? client.read({ text: 'hello' }) : kind());
    }
  };
  const callUntil = async (until: number): Promise<void> => {
    await Promise.all(Array.from({ length: CALLERS }, () => caller(until)));
  };
  // Whatever grows to a size and stays there has grown by then.
  await callUntil(calls / POINTS);
  const points: [number, number][] = [];
  for (let point = 2; point <= POINTS; point++) {
    await callUntil((calls * point) / POINTS);
    points.push([begun, usedBytes()]);
  }
  return slope(points);
}

test('a million calls of every kind, with every end, leave nothing behind', async (t) => {
  const left = await bytesPerCall(1_000_000, () => {});
  t.diagnostic(`${left.toFixed(2)} bytes per call`);
  assert.ok(left < MAX_BYTES_PER_CALL, `${left} bytes per call are left behind`);
});

test('the test above sees 50 bytes per call', async (t) => {
  const kept: unknown[] = [];
  // An object with three fields, and its place in the list: 48 bytes on a 64-bit machine.
  const left = await bytesPerCall(100_000, ({ text }) => kept.push({ a: text, b: 1, c: 2 }));
  t.diagnostic(`${left.toFixed(2)} bytes per call`);
  assert.ok(left > 4 * MAX_BYTES_PER_CALL, `only ${left} bytes per call are seen`);
});

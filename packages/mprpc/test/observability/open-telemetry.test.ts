import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitFor } from '@mpim/testkit';
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node';
import { openTelemetryIfPresent, RpcError } from '../../src/index.ts';
import { connect, startProvider } from '../support/test-service.ts';

test('without an SDK there are no spans; with one each call is a span on each side, in one trace', async () => {
  assert.equal(await openTelemetryIfPresent(), undefined);

  const exporter = new InMemorySpanExporter();
  const sdk = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  sdk.register();
  const interceptor = await openTelemetryIfPresent();
  assert.ok(interceptor);
  const options = { interceptors: [interceptor] };
  await using behind = await startProvider(
    {
      change: () => {
        throw new RpcError('NOT_FOUND', 'nothing here');
      },
    },
    options,
  );
  await using inner = connect([behind.port], options);
  await using middle = await startProvider(
    { read: (request) => inner.client.change(request) },
    options,
  );
  await using peer = connect([middle.port], options);
  await assert.rejects(peer.client.read({}), { code: 'NOT_FOUND' });

  const spans = exporter.getFinishedSpans();
  assert.deepEqual(
    spans.map(({ name, kind }) => `${kind} ${name}`),
    ['1 TestRpc/Change', '2 TestRpc/Change', '1 TestRpc/Read', '2 TestRpc/Read'],
  );
  const [serverChange, clientChange, serverRead, clientRead] = spans;
  assert.equal(new Set(spans.map((span) => span.spanContext().traceId)).size, 1);
  assert.equal(clientRead?.parentSpanContext, undefined);
  for (const [child, parent] of [
    [serverRead, clientRead],
    [clientChange, serverRead],
    [serverChange, clientChange],
  ]) {
    assert.equal(child?.parentSpanContext?.spanId, parent?.spanContext().spanId);
  }
  assert.equal(clientRead?.attributes['rpc.response.status_code'], 'NOT_FOUND');
  assert.equal(clientRead?.attributes['rpc.method'], 'Read');
  exporter.reset();

  // A stream's span ends with its last message, and says how many there were.
  const more = Promise.withResolvers<void>();
  await using feed = await startProvider(
    {
      async *chat(requests) {
        for await (const request of requests) yield request;
        await more.promise;
        yield { text: 'last' };
      },
    },
    options,
  );
  await using reader = connect([feed.port], options);
  const chat = reader.client.chat([{ text: 'a' }, { text: 'b' }]);
  await chat.next();
  await chat.next();
  assert.deepEqual(exporter.getFinishedSpans(), []);
  more.resolve();
  assert.equal((await chat.next()).value?.text, 'last');
  assert.equal((await chat.next()).done, true);
  await waitFor(() => exporter.getFinishedSpans().length === 2);
  for (const { attributes, status } of exporter.getFinishedSpans()) {
    assert.equal(attributes['rpc.response.status_code'], 'OK');
    assert.deepEqual([attributes['mprpc.requests'], attributes['mprpc.responses']], [2, 3]);
    assert.equal(status.code, 0);
  }
  await sdk.shutdown();
});

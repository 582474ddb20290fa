import assert from 'node:assert/strict';
import { test } from 'node:test';
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
  await sdk.shutdown();
});

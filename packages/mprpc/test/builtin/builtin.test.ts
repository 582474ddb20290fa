import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { waitFor } from '@mpim/testkit';
import fc from 'fast-check';
import { ProtobufWriter, readProtobuf } from '../../src/builtin/protobuf.ts';
import {
  HealthDefinition,
  HealthService,
  ReflectionDefinition,
  reflectionHandlers,
} from '../../src/index.ts';
import { connect, startProvider } from '../support/test-service.ts';

describe('health', () => {
  test('answers for the process and for each service, as grpc.health.v1 does', async () => {
    await using provider = await startProvider();
    const health = new HealthService();
    provider.notifyService(HealthDefinition, health.handlers, { listed: false });
    await using peer = connect([provider.port]);
    const client = peer.channel.client(HealthDefinition);
    assert.deepEqual(await client.check({}), { status: 'SERVING' });
    await assert.rejects(client.check({ service: 'test.v1.TestRpc' }), { code: 'NOT_FOUND' });
    let warm = false;
    health.set('test.v1.TestRpc', () => (warm ? 'SERVING' : 'NOT_SERVING'));
    const check = () => client.check({ service: 'test.v1.TestRpc' });
    assert.deepEqual(await check(), { status: 'NOT_SERVING' });
    warm = true;
    assert.deepEqual(await check(), { status: 'SERVING' });
  });

  test('whoever watches hears each change, of unknown services too, and the end when the provider drains', async () => {
    await using provider = await startProvider();
    const health = new HealthService({ pollMs: 5 });
    provider.notifyService(HealthDefinition, health.handlers, { listed: false });
    await using peer = connect([provider.port]);
    const heard: string[] = [];
    const watching = (async () => {
      const watch = peer.channel.client(HealthDefinition).watch({ service: 'late' });
      for await (const { status } of watch) heard.push(status);
    })();
    await waitFor(() => heard.length === 1);
    health.set('late', 'SERVING');
    await waitFor(() => heard.length === 2);
    await Promise.all([provider.drain(), watching]);
    assert.deepEqual(heard, ['SERVICE_UNKNOWN', 'SERVING', 'NOT_SERVING']);
  });

  test('its messages are those of grpc.health.v1, byte for byte', () => {
    const { requestType, responseType } = HealthDefinition.methods.check;
    const request = Buffer.from(requestType.encode({ service: 'ab' }).finish());
    assert.equal(request.toString('hex'), '0a026162');
    const response = Buffer.from(responseType.encode({ status: 'NOT_SERVING' }).finish());
    assert.equal(response.toString('hex'), '0802');
    assert.deepEqual(responseType.decode(Buffer.from('0801', 'hex')), { status: 'SERVING' });
  });
});

describe('reflection', () => {
  test('tells all services with their methods; unlisted ones stay out of the registry', async () => {
    await using provider = await startProvider();
    const descriptors = Uint8Array.of(1, 2, 3);
    const handlers = reflectionHandlers(provider, descriptors);
    provider.notifyService(ReflectionDefinition, handlers, { listed: false });
    assert.ok(!provider.services.some(({ name }) => name === 'Reflection'));
    await using peer = connect([provider.port]);
    const list = await peer.channel.client(ReflectionDefinition).listServices({});
    assert.deepEqual(list.descriptors, descriptors);
    const find = (name: string) => list.services.find(({ fullName }) => fullName === name);
    assert.equal(find('mprpc.v1.Reflection')?.methods[0]?.name, 'ListServices');
    const [change, read] = find('test.v1.TestRpc')?.methods ?? [];
    assert.deepEqual([change?.name, change?.idempotencyLevel], ['Change', 'IDEMPOTENCY_UNKNOWN']);
    assert.deepEqual([read?.name, read?.idempotencyLevel], ['Read', 'NO_SIDE_EFFECTS']);
  });
});

describe('protobuf', () => {
  test('what was written is read, and fields of other types are passed over', () => {
    const field = fc.oneof(
      fc.record({ field: fc.integer({ min: 1, max: 1000 }), int: fc.integer({ min: 1 }) }),
      fc.record({ field: fc.integer({ min: 1, max: 1000 }), text: fc.string({ minLength: 1 }) }),
    );
    fc.assert(
      fc.property(fc.array(field), (fields) => {
        const writer = new ProtobufWriter();
        for (const each of fields) {
          if ('int' in each) writer.int(each.field, each.int);
          else writer.string(each.field, each.text);
        }
        const read = [...readProtobuf(writer.finish())].map((each) =>
          'int' in each ? each : { field: each.field, text: each.bytes.toString() },
        );
        assert.deepEqual(
          read,
          fields.map((each) => ({ ...each })),
        );
      }),
    );
    const fixed = Buffer.from('0d000000001100000000000000001805', 'hex');
    assert.deepEqual([...readProtobuf(fixed)], [{ field: 3, int: 5 }]);
  });

  test('cut or hostile input is refused', () => {
    for (const hex of ['0a05', '08', '0bff', '08ffffffffffffffffffffffff']) {
      assert.throws(() => [...readProtobuf(Buffer.from(hex, 'hex'))], RangeError, hex);
    }
  });
});

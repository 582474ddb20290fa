import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  HealthDefinition,
  HealthService,
  RpcChannel,
  RpcProvider,
  type RpcProviderOptions,
  StaticResolver,
} from '@mpim/mprpc';
import { Registry } from 'prom-client';
import { channelMetrics, providerMetrics } from '../../src/rpc/traffic-metrics.ts';

async function started(options: Pick<RpcProviderOptions, 'compression'>) {
  const provider = new RpcProvider(options);
  const health = new HealthService();
  health.set('x'.repeat(5000), 'SERVING');
  provider.notifyService(HealthDefinition, health.handlers);
  const { host, port } = await provider.run();
  const channel = new RpcChannel({ resolver: new StaticResolver([{ host, port }]), ...options });
  const registry = new Registry();
  channelMetrics(registry, channel);
  providerMetrics(registry, provider);
  return {
    health: channel.client(HealthDefinition),
    /** The value of a series; `undefined` when there is none. */
    async value(series: string): Promise<number | undefined> {
      const lines = (await registry.metrics()).split('\n');
      const line = lines.find((text) => text.startsWith(`${series} `));
      return line === undefined ? undefined : Number(line.slice(series.length + 1));
    },
    async [Symbol.asyncDispose]() {
      await channel.close();
      await provider.close();
    },
  };
}

test('the bytes that compression saves are counted on both sides', async () => {
  await using system = await started({ compression: {} });
  await system.health.check({ service: 'x'.repeat(5000) });
  for (const [side, direction] of [
    ['client', 'sent'],
    ['server', 'received'],
  ]) {
    const labels = `{direction="${direction}"}`;
    const messages = await system.value(`mpim_rpc_${side}_compressed_messages_total${labels}`);
    const bytes = await system.value(`mpim_rpc_${side}_compression_saved_bytes_total${labels}`);
    assert.equal(messages, 1);
    assert.ok(bytes !== undefined && bytes > 4500 && bytes < 5000, `${side} ${bytes}`);
  }
});

test('nothing is said of compression where it is off', async () => {
  await using system = await started({});
  await system.health.check({ service: '' });
  assert.equal(
    await system.value('mpim_rpc_client_compressed_messages_total{direction="sent"}'),
    undefined,
  );
  assert.equal(await system.value('mpim_rpc_server_connections'), 1);
});

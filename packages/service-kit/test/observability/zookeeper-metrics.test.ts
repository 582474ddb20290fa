import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ZooKeeperClient } from '@mpim/zookeeper';
import { ZooKeeperServer } from '@mpim/zookeeper-server';
import { Registry } from 'prom-client';
import {
  zooKeeperOperationMetrics,
  zooKeeperTrafficMetrics,
} from '../../src/observability/zookeeper-metrics.ts';

test('a ZooKeeper client is exported with its calls, by operation and code', async () => {
  await using server = await ZooKeeperServer.start();
  const registry = new Registry();
  await using zk = await ZooKeeperClient.connect({
    connectString: server.connectString,
    measureOperations: zooKeeperOperationMetrics(registry),
  });
  zooKeeperTrafficMetrics(registry, zk);
  await zk.create('/a', 'x');
  await assert.rejects(zk.create('/a', 'x'), { code: 'NODE_EXISTS' });
  await zk.getAndWatch('/a');

  const text = await registry.metrics();
  const lines = new Map(
    text
      .split('\n')
      .map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]),
  );
  const value = (name: string) => lines.get(`mpim_zookeeper_client_${name}`);
  assert.equal(value('seconds_count{operation="create",code="OK"}'), 1);
  assert.equal(value('seconds_count{operation="create",code="NODE_EXISTS"}'), 1);
  assert.equal(value('seconds_bucket{le="10",operation="get",code="OK"}'), 1);
  assert.equal(value('connected'), 1);
  assert.equal(value('watches'), 1);
  assert.equal(value('in_flight'), 0);
  assert.equal(value('connections_total'), 1);
  assert.equal(value('sessions_total'), 1);
  assert.equal(value('sent_bytes_total'), zk.stats.bytesSent);
  assert.equal(await registry.metrics(), text);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitFor } from '@mpim/testkit';
import { ServiceMonitor, ServiceRegistry } from '../src/index.ts';
import { connect, startServer } from './support/embedded.ts';
import { instanceRecord } from './support/instance-record.ts';

test('services and instances are listed as they come and go', async () => {
  await using server = await startServer();
  await using zk = await connect(server);
  await using provider = await connect(server);
  const registry = new ServiceRegistry(provider);
  await using monitor = new ServiceMonitor(zk);
  const lists: string[] = [];
  const changes: string[] = [];
  monitor.on('services', (names) => lists.push(names.join()));
  monitor.on('instances', (service, instances) => changes.push(`${service}:${instances.length}`));
  await monitor.ready();
  assert.deepEqual(monitor.services, []);

  const user = await registry.register(instanceRecord('user-1'));
  await using _group = await registry.register(
    instanceRecord('group-1', { service: 'GroupServiceRpc' }),
  );
  await waitFor(() => monitor.services.length === 2);
  await waitFor(() => monitor.instances('UserServiceRpc').length === 1);
  await waitFor(() => monitor.instances('GroupServiceRpc').length === 1);
  assert.equal(monitor.instances('UserServiceRpc')[0]?.id, 'user-1');

  await user.deregister();
  await waitFor(() => monitor.instances('UserServiceRpc').length === 0);
  await provider.deleteRecursive('/services/UserServiceRpc');
  await waitFor(() => monitor.services.join() === 'GroupServiceRpc');
  assert.equal(lists.at(-1), 'GroupServiceRpc');
  assert.ok(changes.includes('UserServiceRpc:1') && changes.includes('GroupServiceRpc:1'));
});

test('ready rejects when the monitor is closed first', async () => {
  await using server = await startServer();
  await using zk = await connect(server);
  const monitor = new ServiceMonitor(zk);
  const ready = assert.rejects(monitor.ready(), { code: 'CLOSED' });
  await monitor.close();
  await ready;
});

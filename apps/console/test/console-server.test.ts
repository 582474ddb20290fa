import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { type InstanceRecord, ServiceRegistry } from '@mpim/governance';
import { waitFor } from '@mpim/testkit';
import { ZooKeeperClient } from '@mpim/zookeeper';
import { ZooKeeperServer } from '@mpim/zookeeper-server';
import { ConsoleServer } from '../src/console-server.ts';
import type { RegistryView } from '../src/registry-view.ts';

const record: InstanceRecord = {
  id: 'user-1',
  service: 'UserServiceRpc',
  host: '127.0.0.1',
  port: 6000,
  adminPort: 0,
  version: '1.0.0',
  weight: 1,
  zone: '',
  methods: ['Login'],
  startedAt: 0,
  metadata: {},
};

test('shows who is registered and how they are, as it changes', async () => {
  await using zookeeper = await ZooKeeperServer.start();
  await using zk = await ZooKeeperClient.connect({ connectString: zookeeper.connectString });
  await using console = await ConsoleServer.start(zk);
  const address = `http://127.0.0.1:${console.port}`;
  const registry = async () =>
    (await (await fetch(`${address}/api/registry`)).json()) as RegistryView;
  assert.deepEqual((await registry()).services, []);

  let ready = true;
  const admin = createServer((_, response) =>
    response.writeHead(ready ? 200 : 503).end('draining'),
  );
  admin.listen(0, '127.0.0.1');
  await once(admin, 'listening');
  const { port: adminPort } = admin.address() as AddressInfo;

  const changes = await fetch(`${address}/api/changes`);
  const reader = changes.body?.pipeThrough(new TextDecoderStream()).getReader();
  assert.match((await reader?.read())?.value ?? '', /event: change/);
  await using _registration = await new ServiceRegistry(zk).register({ ...record, adminPort });
  assert.match((await reader?.read())?.value ?? '', /event: change/);

  const health = async () => (await registry()).services[0]?.instances[0]?.health;
  await waitFor(async () => (await health())?.state === 'ready');
  ready = false;
  assert.deepEqual(await health(), { state: 'not-ready', reason: 'draining' });
  admin.close();
  admin.closeAllConnections();
  await waitFor(async () => (await health())?.state === 'unreachable');
  await reader?.cancel();
});

test('serves the page and nothing else', async () => {
  await using zookeeper = await ZooKeeperServer.start();
  await using zk = await ZooKeeperClient.connect({ connectString: zookeeper.connectString });
  await using console = await ConsoleServer.start(zk);
  const get = (path: string) => fetch(`http://127.0.0.1:${console.port}${path}`);
  assert.match(await (await get('/')).text(), /MPIM console/);
  assert.equal(
    (await get('/console.js')).headers.get('content-type'),
    'text/javascript; charset=utf-8',
  );
  for (const path of ['/index.html', '/..%2fconsole-server.ts', '/api']) {
    const response = await get(path);
    assert.equal(response.status, 404, path);
    await response.arrayBuffer();
  }
});

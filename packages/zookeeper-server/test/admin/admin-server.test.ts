import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { ZooKeeperServer } from '@mpim/zookeeper-server';
import { RawClient } from '../support/raw-client.ts';

test('the admin port answers commands as JSON and figures for Prometheus', async () => {
  await using server = await ZooKeeperServer.start();
  await using admin = await server.openAdmin();
  using _client = await RawClient.open(server.port);
  using odd = await RawClient.open(server.port);
  await odd.request(4242);
  await odd.whenClosed();
  const base = `http://127.0.0.1:${admin.port}`;
  const ask = async (name: string) => {
    const response = await fetch(`${base}/commands/${name}`);
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  assert.deepEqual(await ask('ruok'), { status: 200, body: { command: 'ruok', error: null } });
  const { body: monitor } = await ask('monitor');
  assert.equal(monitor.num_alive_connections, 1);
  assert.equal(monitor.znode_count, 5);
  assert.equal((await ask('configuration')).body.client_port, server.port);
  assert.equal((await ask('srvr')).body.node_count, 5);
  const unknown = await ask('nope');
  assert.deepEqual(unknown.body, { command: 'nope', error: 'Unknown command: nope' });
  assert.match(await (await fetch(`${base}/commands`)).text(), /commands\/monitor/);
  const metrics = await (await fetch(`${base}/metrics`)).text();
  assert.match(metrics, /^num_alive_connections 1$/m);
  assert.match(metrics, /^requests\{op="unknown"\} 1$/m);
  assert.match(metrics, /^readlatency_bucket\{le="\+Inf"\} 1$/m);
  assert.match(metrics, /^process_resident_memory_bytes \d+$/m);
  assert.match(metrics, /^avg_latency [\d.]+$/m);
  assert.doesNotMatch(metrics, /version [^ ]/);
  const posted = await fetch(`${base}/commands/ruok`, { method: 'POST' });
  assert.deepEqual([posted.status, posted.headers.get('allow')], [405, 'GET, HEAD']);
  const head = await fetch(`${base}/metrics`, { method: 'HEAD' });
  assert.deepEqual([head.status, await head.text()], [200, '']);
  for (const path of ['/elsewhere', '//', '/commands/', '/commands/%']) {
    const { status } = await fetch(base + path);
    assert.equal(status, path.startsWith('/commands') ? 200 : 404, path);
  }
  await server.restart();
  assert.equal((await ask('monitor')).body.num_alive_connections, 0);
  await assert.rejects(server.openAdmin({ port: admin.port }), { code: 'LISTEN_FAILED' });
});

test('where the commands are, how long silence may last, and what the file said are options', async () => {
  const admin = { commandUrl: '/ask', idleTimeoutMs: 50 };
  const initialConfiguration = 'tickTime=2000\n';
  await using server = await ZooKeeperServer.start({ admin, initialConfiguration });
  const port = server.admin?.port ?? 0;
  const base = `http://127.0.0.1:${port}`;
  const told = await (await fetch(`${base}/ask/initial_configuration`)).json();
  assert.equal((told as Record<string, unknown>).initial_configuration, initialConfiguration);
  assert.equal((await fetch(`${base}/commands`)).status, 404);
  const silent = connect(port, '127.0.0.1');
  await once(silent.resume(), 'close');
});

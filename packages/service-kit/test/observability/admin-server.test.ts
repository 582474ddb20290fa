import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Counter } from 'prom-client';
import { AdminServer, createMetrics, ServiceKitError } from '../../src/index.ts';

test('health, readiness with reasons, and metrics are served', async () => {
  const metrics = createMetrics({ service: 'user', instance: 'user-1' });
  new Counter({ name: 'logins_total', help: 'Logins', registers: [metrics] }).inc(3);
  let reasons = ['ZooKeeper is away'];
  await using server = await AdminServer.start({
    host: '127.0.0.1',
    port: 0,
    metrics,
    notReady: () => reasons,
    warnings: () => ['disk is filling'],
  });
  const get = (path: string, init?: RequestInit) =>
    fetch(`http://127.0.0.1:${server.port}${path}`, init);

  assert.deepEqual(await (await get('/healthz')).json(), { status: 'ok' });
  const away = await get('/readyz');
  assert.equal(away.status, 503);
  assert.deepEqual(await away.json(), {
    status: 'not ready',
    reasons: ['ZooKeeper is away'],
    warnings: ['disk is filling'],
  });
  reasons = [];
  const ready = await get('/readyz?verbose');
  assert.equal(ready.status, 200);
  assert.deepEqual(await ready.json(), { status: 'ready', warnings: ['disk is filling'] });
  assert.match(
    await (await get('/metrics')).text(),
    /logins_total\{service="user",instance="user-1"\} 3/,
  );
  assert.equal((await get('/nothing')).status, 404);
  assert.equal((await get('/healthz', { method: 'POST' })).status, 405);
});

test('a port that is taken is named with the remedy', async () => {
  const metrics = createMetrics({ service: 'user', instance: 'user-1' });
  const options = { host: '127.0.0.1', port: 0, metrics, notReady: () => [] };
  await using first = await AdminServer.start(options);
  await assert.rejects(
    AdminServer.start({ ...options, port: first.port }),
    (error) =>
      error instanceof ServiceKitError &&
      error.code === 'ADMIN_LISTEN' &&
      error.message.includes(`127.0.0.1:${first.port}`) &&
      error.message.includes('--admin-port'),
  );
});

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '@mpim/testkit';
import { InstanceLock } from '../../src/supervisor/instance-lock.ts';
import { mpim } from '../mpim.ts';

test('a taken port: which one, for what, and the flag that moves it', async () => {
  await using folder = await temporaryFolder();
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(address && typeof address === 'object');
  const taken = String(address.port);
  const base = ['up', '--data-dir', folder.path];

  const gateway = await mpim([...base, '--zookeeper-port', '0', '--gateway-port', taken]);
  assert.equal(gateway.code, 1);
  assert.match(gateway.stderr, new RegExp(`Port ${taken} .*gateway.*--gateway-port`));
  const zookeeper = await mpim([...base, '--zookeeper-port', taken, '--gateway-port', '0']);
  assert.equal(zookeeper.code, 1);
  assert.match(zookeeper.stderr, new RegExp(`Port ${taken} .*ZooKeeper.*--zookeeper-port`));
  server.close();
  await once(server, 'close');
});

test('a data directory that is a file', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'data');
  await writeFile(file, '');
  const { code, stderr } = await mpim(['up', '--data-dir', file]);
  assert.equal(code, 1);
  assert.match(stderr, /is not a directory.*--data-dir/);
});

test('a second instance on the same data directory', async () => {
  await using folder = await temporaryFolder();
  using lock = InstanceLock.take(folder.path);
  lock.record([]);
  const { code, stderr } = await mpim(['up', '--data-dir', folder.path]);
  assert.equal(code, 1);
  assert.match(stderr, new RegExp(`already running on .*process ${process.pid}.*--data-dir`));
});

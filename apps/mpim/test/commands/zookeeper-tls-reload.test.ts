import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { Authority, replaceFile, temporaryFolder, waitFor } from '@mpim/testkit';
import { ZooKeeperClient } from '@mpim/zookeeper';
import { ZooKeeperServer } from '@mpim/zookeeper-server';
import { mpim, startMpim } from '../mpim.ts';

test('services and long commands take replaced certificates for ZooKeeper into use', async () => {
  await using folder = await temporaryFolder();
  const at = (name: string) => join(folder.path, `${name}.pem`);
  const write = async ({ ca, cert, key }: { ca: string; cert: string; key: string }) => {
    for (const [name, text] of Object.entries({ ca, cert, key })) await replaceFile(at(name), text);
  };
  const [old, renewed] = [new Authority('old'), new Authority('renewed')];
  await write({ ca: old.ca, ...old.issue('mpim') });

  await using server = await ZooKeeperServer.start();
  let door = await server.listen({ tls: { ...old.issue('zk'), ca: old.ca } });
  const { port } = door;
  const servers = `127.0.0.1:${port}`;
  const env = {
    MPIM_ZOOKEEPER: servers,
    MPIM_ZOOKEEPER_TLS_CA: at('ca'),
    MPIM_ZOOKEEPER_TLS_CERT: at('cert'),
    MPIM_ZOOKEEPER_TLS_KEY: at('key'),
    MPIM_RPC_TLS_RELOAD_MS: '100',
    MPIM_SESSION_TIMEOUT_MS: '30000',
  };
  const data = join(folder.path, 'data');
  await using service = startMpim(['serve', 'user', '--data-dir', data], { env });
  await using watcher = startMpim(['config', 'watch', 'UserServiceRpc'], { env });
  const connected = () =>
    service.stdout.filter((line) => line.includes('connected to ZooKeeper')).length;
  await waitFor(() => connected() === 1, { timeoutMs: 60_000 });
  await service.waitForLine(/"registered"/, 60_000);
  await watcher.waitForLine(/"version":null/, 60_000);

  // Files that cannot be used are told of at once, and nothing happens to the connection.
  await rm(at('key'));
  await service.waitForLine(/key\.pem.*certificates for ZooKeeper cannot be used/);
  await write({ ca: renewed.ca, ...renewed.issue('mpim') });
  await service.waitForLine(/next connection to ZooKeeper uses the new certificates/);
  assert.equal(connected(), 1);

  // From now on the server trusts and shows the new authority alone.
  await door.stop();
  door = await server.listen({ port, tls: { ...renewed.issue('zk'), ca: renewed.ca } });
  await waitFor(() => connected() === 2, { timeoutMs: 30_000 });
  await using zk = await ZooKeeperClient.connect({ connectString: server.connectString });
  assert.equal((await zk.children('/services/UserServiceRpc')).children.length, 1);
  const written = await mpim(['config', 'set', 'UserServiceRpc', '{"a":1}'], { env });
  assert.equal(written.code, 0, written.stderr);
  await watcher.waitForLine(/"value":\{"a":1\}/, 30_000);

  for (const child of [service, watcher]) {
    child.kill('SIGINT');
    assert.equal(await child.exit, 0, child.output());
  }
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { temporaryFolder } from '@mpim/testkit';
import { ZooKeeperClient, ZooKeeperError } from '@mpim/zookeeper';
import { type Logger, silentLogger, ZooKeeperServer } from '@mpim/zookeeper-server';

/** Puts limits on a path as zkCli's setquota does. */
async function setQuota(client: ZooKeeperClient, path: string, limits: string): Promise<void> {
  await client.ensurePath(`/zookeeper/quota${path}`);
  await client.create(`/zookeeper/quota${path}/zookeeper_limits`, limits);
  await client.create(`/zookeeper/quota${path}/zookeeper_stats`, 'count=0,bytes=0');
}

const usage = async (client: ZooKeeperClient, path: string) =>
  String((await client.get(`/zookeeper/quota${path}/zookeeper_stats`)).data);

const isQuotaExceeded = (error: unknown) =>
  error instanceof ZooKeeperError && /QUOTA/.test(error.code);

test('the statistics are made as they were sent, and filled in then', async () => {
  await using server = await ZooKeeperServer.start();
  await using client = await ZooKeeperClient.connect({ connectString: server.connectString });
  await client.create('/a', 'ten bytes!');
  await client.ensurePath('/zookeeper/quota/a');
  const path = '/zookeeper/quota/a/zookeeper_stats';
  const { stat } = await client.create(path, 'count=0,bytes=0');
  assert.equal(stat.dataLength, 'count=0,bytes=0'.length);
  assert.equal(await usage(client, '/a'), 'count=1,bytes=10');
  assert.equal((await client.exists(path))?.dataLength, 'count=1,bytes=10'.length);
});

test('usage is counted below a path, from the start and over a restart', async () => {
  await using folder = await temporaryFolder();
  await using server = await ZooKeeperServer.start({ dataDir: folder.path });
  await using client = await ZooKeeperClient.connect({ connectString: server.connectString });
  await client.create('/a', 'four');
  await client.create('/a/b', 'x');
  await client.create('/ab', 'not below');
  await setQuota(client, '/a', 'count=10,bytes=100');
  assert.equal(await usage(client, '/a'), 'count=2,bytes=5');
  await client.create('/a/b/c', 'xyz');
  await client.set('/a/b', null);
  await client.multi([
    { type: 'create', path: '/a/d', data: 'd' },
    { type: 'delete', path: '/a/b/c' },
  ]);
  assert.equal(await usage(client, '/a'), 'count=3,bytes=5');
  await client.create('/a/e', 'e', { mode: 'ephemeral' });
  await server.restart();
  await using again = await ZooKeeperClient.connect({ connectString: server.connectString });
  assert.equal(await usage(again, '/a'), 'count=4,bytes=6');
  await again.delete('/zookeeper/quota/a/zookeeper_limits');
  await again.delete('/a/d');
  assert.equal(await usage(again, '/a'), 'count=4,bytes=6');
});

test('soft limits warn; hard ones refuse what grows, if they are enforced', async () => {
  const warnings: unknown[] = [];
  const logger: Logger = { ...silentLogger, warn: (facts) => warnings.push(facts) };
  await using server = await ZooKeeperServer.start({ enforceQuota: true, logger });
  await using client = await ZooKeeperClient.connect({ connectString: server.connectString });
  await client.create('/a', null);
  await setQuota(client, '/a', 'count=2,bytes=-1=;byteHardLimit=8;countHardLimit=3');
  await client.create('/a/1', '1234');
  assert.deepEqual(warnings, []);
  await client.create('/a/2', '5678');
  assert.deepEqual(warnings, [{ quota: '/a', path: '/a/2' }]);
  await assert.rejects(client.create('/a/3', null), isQuotaExceeded);
  await assert.rejects(client.set('/a/1', '12345'), isQuotaExceeded);
  await client.set('/a/1', '123');
  await client.set('/a/1', '1234');
  await client.delete('/a/2');
  await client.create('/a/3', null);
  await assert.rejects(
    client.multi([{ type: 'create', path: '/a/4', data: null }]),
    isQuotaExceeded,
  );
});

test('what is too much already can be deleted, but not shortened, as in ZooKeeper', async () => {
  await using server = await ZooKeeperServer.start({ enforceQuota: true });
  await using client = await ZooKeeperClient.connect({ connectString: server.connectString });
  await client.create('/a', '123456');
  await setQuota(client, '/a', 'count=-1,bytes=-1,byteHardLimit=4');
  await assert.rejects(client.set('/a', '12345'), isQuotaExceeded);
  await client.set('/a', '654321');
  await client.set('/a', '1234');
});

test('hard limits refuse nothing unless they are enforced', async () => {
  await using server = await ZooKeeperServer.start();
  await using client = await ZooKeeperClient.connect({ connectString: server.connectString });
  await client.create('/a', null);
  await setQuota(client, '/a', 'count=-1,bytes=-1,countHardLimit=1,byteHardLimit=1');
  await client.create('/a/1', 'much');
  assert.equal(await usage(client, '/a'), 'count=2,bytes=4');
});

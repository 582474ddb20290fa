import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ZooKeeperClient } from '@mpim/zookeeper';
import { ZooKeeperServer } from '@mpim/zookeeper-server';

test('a node with more children than a call can have arguments is deleted', async () => {
  await using server = await ZooKeeperServer.start();
  await using zk = await ZooKeeperClient.connect({ connectString: server.connectString });
  await zk.create('/wide', null);
  for (let from = 0; from < 140_000; from += 5000) {
    const children = Array.from({ length: 5000 }, (_, i) => `/wide/${from + i}`);
    await zk.multi(children.map((path) => ({ type: 'create', path, data: null })));
  }
  await zk.deleteRecursive('/wide');
  assert.equal(await zk.exists('/wide'), null);
});

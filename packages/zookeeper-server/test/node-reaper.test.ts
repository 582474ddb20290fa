import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApacheZooKeeper, missingDebianPackage, waitFor } from '@mpim/testkit';
import { ZooKeeperClient } from '@mpim/zookeeper';
import { ZooKeeperServer } from '@mpim/zookeeper-server';

const missing = await missingDebianPackage('zookeeper');
const CHECK_MS = 200;

/** What happens to containers and nodes with a time to live, one after the other. */
async function fates(connectString: string): Promise<string[]> {
  await using zk = await ZooKeeperClient.connect({ connectString });
  const isGone = (path: string) => async () => (await zk.exists(path)) === null;
  const told: string[] = [];
  await using watch = await zk.watch('/', { recursive: true });
  const listening = (async () => {
    for await (const event of watch) {
      if (event.type === 'deleted') told.push(event.path);
      if (event.type === 'deleted' && event.path === '/last') return;
    }
  })();
  await zk.create('/used', null, { mode: 'container' });
  await zk.create('/used/child', null);
  await zk.create('/unused', null, { mode: 'container' });
  // Long enough for its child to come in time.
  await zk.create('/parent', null, { mode: 'persistent-ttl', ttlMs: 2 * CHECK_MS });
  await zk.create('/parent/child', null);
  await zk.create('/short', null, { mode: 'persistent-ttl', ttlMs: 1 });
  await waitFor(isGone('/short'));
  // Those with children have outlived many looks by now.
  await zk.delete('/used/child');
  await waitFor(isGone('/used'));
  await zk.delete('/parent/child');
  await waitFor(isGone('/parent'));
  await zk.create('/last', null);
  await zk.delete('/last');
  await listening;
  assert.ok(await zk.exists('/unused'), 'a container that never had a child stays for a while');
  return told;
}

test('containers and nodes with a time to live go as with Apache ZooKeeper', {
  skip: missing ?? false,
}, async () => {
  await using apache = await ApacheZooKeeper.start({ forceSync: 'no' }, [
    '-Xmx256m',
    `-Dznode.container.checkIntervalMs=${CHECK_MS}`,
  ]);
  await using ours = await ZooKeeperServer.start({
    extendedTypes: true,
    tickTimeMs: CHECK_MS,
    containerCheckIntervalMs: CHECK_MS,
  });
  const expected = ['/short', '/used/child', '/used', '/parent/child', '/parent', '/last'];
  assert.deepEqual(await fates(ours.connectString), expected);
  assert.deepEqual(await fates(apache.connectString), expected);
});

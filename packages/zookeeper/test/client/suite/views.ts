import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FaultProxy } from '@mpim/testkit';
import type { PersistentWatch, PersistentWatchEvent } from '@mpim/zookeeper';
import { connectToFreshTree, type GetServer, stateOf } from './server-under-test.ts';

/** Views of a part of the tree ({@link ZooKeeperClient.below}), the client itself having a chroot. */
export function views(server: GetServer): void {
  describe('views', { concurrency: true, timeout: 60_000 }, () => {
    it('show a part of the tree and share the session', async () => {
      await using proxy = await FaultProxy.start(server().port);
      await using zk = await connectToFreshTree(proxy);
      const view = zk.below('/apps/orders');
      assert.equal(view.chroot, `${zk.chroot}/apps/orders`);
      await view.ensurePath('/');
      await view.create('/e', 'x', { mode: 'ephemeral' });
      assert.equal((await zk.get('/apps/orders/e')).stat.ephemeralOwner, view.sessionId);
      const { watch } = await view.below('/e').getAndWatch('/');
      await zk.set('/apps/orders/e', 'y');
      assert.deepEqual(await watch.event, { type: 'changed', path: '/' });
      proxy.cut();
      await stateOf(view, 'suspended');
      await stateOf(view, 'connected');
      await view.close();
      assert.equal(zk.state.kind, 'connected');
      assert.deepEqual(await zk.ephemerals('/apps'), ['/apps/orders/e']);
    });

    it('name the nodes of watches as they name them, and hear of no others', async () => {
      await using proxy = await FaultProxy.start(server().port);
      await using zk = await connectToFreshTree(proxy);
      const apps = zk.below('/apps');
      const orders = apps.below('/orders');
      await orders.ensurePath('/');
      await using fromRoot = await zk.watch('/', { recursive: true });
      await using all = await orders.watch('/', { recursive: true });
      await using one = await orders.watch('/a');
      // Beside them: before 3.9 a one-shot watch on the path of one that stays is in its way.
      const users = apps.below('/users');
      await users.ensurePath('/');
      const { watch: childOfView } = await users.childrenAndWatch('/');
      const { watch: childOfApps } = await apps.childrenAndWatch('/users');
      const { watch: missing } = await users.existsAndWatch('/ann');

      await zk.create('/apps/orders2', null);
      await orders.create('/a', 'x');
      await zk.create('/apps/users/ann', 'x');
      assert.deepEqual(await childOfView.event, { type: 'children', path: '/' });
      assert.deepEqual(await childOfApps.event, { type: 'children', path: '/users' });
      assert.deepEqual(await missing.event, { type: 'created', path: '/ann' });
      const created = { type: 'created', path: '/a' };
      assert.deepEqual(await take(all, 1), [created]);
      assert.deepEqual(await take(one, 1), [created]);
      assert.deepEqual(await take(fromRoot, 4), [
        { type: 'created', path: '/apps/users' },
        { type: 'created', path: '/apps/orders2' },
        { type: 'created', path: '/apps/orders/a' },
        { type: 'created', path: '/apps/users/ann' },
      ]);

      const { watch: kept } = await users.getAndWatch('/ann');
      proxy.cut();
      await stateOf(orders, 'suspended');
      await apps.set('/users/ann', 'y');
      await apps.set('/orders/a', 'y');
      assert.deepEqual(await kept.event, { type: 'changed', path: '/ann' });
      const changed = { type: 'changed', path: '/a' };
      assert.deepEqual(await take(all, 2), [{ type: 'gap', path: '/' }, changed]);
      assert.deepEqual(await take(one, 2), [{ type: 'gap', path: '/a' }, changed]);

      // Closed, a view hears of no states any more; its watches belong to the session.
      await orders.close();
      await zk.delete('/apps/orders/a');
      assert.deepEqual(await take(all, 1), [{ type: 'deleted', path: '/a' }]);
    });

    it('apply a multi below them, and name what failed as they name it', async () => {
      await using zk = await connectToFreshTree(server());
      await using orders = zk.below('/apps').below('/orders');
      await orders.ensurePath('/');
      await using all = await orders.watch('/', { recursive: true });
      const [a, sequential, root] = await orders.multi([
        { type: 'create', path: '/a', data: 'x' },
        { type: 'create', path: '/a/s-', mode: 'persistent-sequential' },
        { type: 'set', path: '/', data: 'root' },
        { type: 'check', path: '/a', version: 0 },
      ]);
      assert.equal(a.path, '/a');
      assert.equal(sequential.path, '/a/s-0000000000');
      assert.equal(root.stat.version, 1);
      assert.equal((await zk.get('/apps/orders')).data?.toString(), 'root');
      assert.deepEqual(await take(all, 3), [
        { type: 'created', path: '/a' },
        { type: 'created', path: '/a/s-0000000000' },
        { type: 'changed', path: '/' },
      ]);
      const failing = orders.multi([
        { type: 'delete', path: '/a/s-0000000000' },
        { type: 'delete', path: '/missing' },
      ]);
      await assert.rejects(failing, { code: 'NO_NODE', path: '/missing', failedIndex: 1 });
      const found = await orders.multiRead([
        { type: 'children', path: '/a' },
        { type: 'get', path: '/' },
      ]);
      assert.deepEqual(found[0], { type: 'children', children: ['s-0000000000'] });
      assert.ok(found[1].type === 'get');
      assert.equal(found[1].data?.toString(), 'root');

      // A view's root is a node like others, unlike the tree's.
      await orders.deleteRecursive('/');
      assert.deepEqual((await zk.children('/apps')).children, []);
    });
  });
}

async function take(watch: PersistentWatch, count: number): Promise<PersistentWatchEvent[]> {
  const events: PersistentWatchEvent[] = [];
  for await (const event of watch) {
    events.push(event);
    if (events.length === count) break;
  }
  return events;
}

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FaultProxy, fourLetterWord } from '@mpim/testkit';
import { untilAnswered, ZooKeeperClient } from '@mpim/zookeeper';
import { connectToFreshTree, freshPath, type GetServer, stateOf } from './server-under-test.ts';

/** One-shot watches: what they report, and that they survive. */
export function watches(server: GetServer): void {
  describe('watches', () => {
    it('report creation, change, deletion and children, each once', async () => {
      await using zk = await connectToFreshTree(server());
      const missing = await zk.existsAndWatch('/a');
      assert.equal(missing.stat, null);
      const top = await zk.childrenAndWatch('/');
      await zk.create('/a', '0');
      assert.deepEqual(await missing.watch.event, { type: 'created', path: '/a' });
      assert.deepEqual(await top.watch.event, { type: 'children', path: '/' });

      const data = await zk.getAndWatch('/a');
      assert.equal(data.data?.toString(), '0');
      const present = await zk.existsAndWatch('/a');
      assert.equal(present.stat?.version, 0);
      await zk.set('/a', '1');
      await zk.set('/a', '2');
      assert.deepEqual(await data.watch.event, { type: 'changed', path: '/a' });
      assert.deepEqual(await present.watch.event, { type: 'changed', path: '/a' });

      const again = await zk.getAndWatch('/a');
      const children = await zk.childrenAndWatch('/a');
      await zk.delete('/a');
      assert.deepEqual(await again.watch.event, { type: 'deleted', path: '/a' });
      assert.deepEqual(await children.watch.event, { type: 'deleted', path: '/a' });
    });

    it('are not left on a node that is not there, but by exists', async () => {
      await using zk = await connectToFreshTree(server());
      await assert.rejects(zk.getAndWatch('/a'), { code: 'NO_NODE' });
      await assert.rejects(zk.childrenAndWatch('/a'), { code: 'NO_NODE' });
      const { watch } = await zk.existsAndWatch('/a');
      watch[Symbol.dispose]();
      assert.deepEqual(await watch.event, { type: 'lost', path: '/a', reason: 'closed' });
      await zk.create('/a', null);
    });

    it('on one node are all told, but for those disposed of', async () => {
      await using zk = await connectToFreshTree(server());
      await zk.create('/a', null);
      const first = (await zk.getAndWatch('/a')).watch;
      const second = (await zk.getAndWatch('/a')).watch;
      first[Symbol.dispose]();
      await zk.set('/a', 'x');
      assert.equal((await first.event).type, 'lost');
      assert.equal((await second.event).type, 'changed');
    });

    it('disposed of are taken back from the server, unless a new one is on its way', async () => {
      await using zk = await connectToFreshTree(server());
      await zk.create('/a', null);
      const watched = async () => {
        const answer = await fourLetterWord(server().port, 'wchp');
        return answer.includes(`${zk.chroot}/a`);
      };
      const data = (await zk.getAndWatch('/a')).watch;
      const exists = (await zk.existsAndWatch('/a')).watch;
      data[Symbol.dispose]();
      await zk.sync('/');
      assert.equal(await watched(), true);
      exists[Symbol.dispose]();
      await zk.sync('/');
      assert.equal(await watched(), false);

      const old = (await zk.getAndWatch('/a')).watch;
      const coming = zk.getAndWatch('/a');
      old[Symbol.dispose]();
      const { watch } = await coming;
      await zk.set('/a', 'x');
      assert.equal((await watch.event).type, 'changed');
    });

    it('come before any answer that shows the change', async () => {
      await using zk = await connectToFreshTree(server());
      await zk.create('/a', null);
      const { watch } = await zk.getAndWatch('/a');
      const order: string[] = [];
      const told = watch.event.then(() => order.push('event'));
      const set = zk.set('/a', 'x').then(() => order.push('answer'));
      await Promise.all([told, set]);
      assert.deepEqual(order, ['event', 'answer']);
    });

    it('are armed anew after a cut', async () => {
      await using proxy = await FaultProxy.start(server().port);
      await using zk = await connectToFreshTree(proxy);
      await zk.create('/data', null);
      await zk.create('/parent', null);
      const data = (await zk.getAndWatch('/data')).watch;
      const created = (await zk.existsAndWatch('/new')).watch;
      const children = (await zk.childrenAndWatch('/parent')).watch;
      proxy.cut();
      await stateOf(zk, 'suspended');
      await stateOf(zk, 'connected');
      await zk.set('/data', 'x');
      await zk.create('/new', null);
      await zk.create('/parent/child', null);
      assert.equal((await data.event).type, 'changed');
      assert.equal((await created.event).type, 'created');
      assert.equal((await children.event).type, 'children');
    });

    it('report what changed during the cut', async () => {
      await using proxy = await FaultProxy.start(server().port);
      const root = freshPath();
      const options = { auth: [{ scheme: 'digest', auth: 'ann:secret' }] };
      await using other = await ZooKeeperClient.connect({
        connectString: `${server().connectString}${root}`,
        ...options,
      });
      // Only who shows the identity may read, so watches must be armed after it was shown.
      const acl = [{ permissions: 31, scheme: 'auth', id: '' }];
      await other.ensurePath('/', { acl });
      for (const path of ['/data', '/gone', '/parent', '/same']) {
        await other.create(path, null, { acl });
      }
      await using zk = await ZooKeeperClient.connect({
        connectString: `${proxy.connectString}${root}`,
        ...options,
      });
      const data = (await zk.getAndWatch('/data')).watch;
      const gone = (await zk.existsAndWatch('/gone')).watch;
      const created = (await zk.existsAndWatch('/new')).watch;
      const children = (await zk.childrenAndWatch('/parent')).watch;
      const same = (await zk.getAndWatch('/same')).watch;
      proxy.refuse();
      proxy.cut();
      await stateOf(zk, 'suspended');
      await other.set('/data', 'x');
      await other.delete('/gone');
      await other.create('/new', null, { acl });
      await other.create('/parent/child', null, { acl });
      await other.delete('/parent/child');
      proxy.heal();
      assert.equal((await data.event).type, 'changed');
      assert.equal((await gone.event).type, 'deleted');
      assert.equal((await created.event).type, 'created');
      assert.equal((await children.event).type, 'children');
      await other.set('/same', 'x');
      assert.equal((await same.event).type, 'changed');
    });

    it('miss no change in a storm of cuts', async () => {
      await using proxy = await FaultProxy.start(server().port);
      await using zk = await connectToFreshTree(proxy);
      const connectString = `${server().connectString}${zk.chroot}`;
      await using writer = await ZooKeeperClient.connect({ connectString });
      await zk.create('/n', '0');
      const last = 60;
      const cutting = setInterval(() => proxy.cut(), 40);
      const watching = (async () => {
        for (let seen = -1; ; ) {
          const { data, watch } = await untilAnswered(() => zk.getAndWatch('/n'));
          const value = Number(data);
          assert.ok(value >= seen, `${value} after ${seen}`);
          seen = value;
          if (seen === last) return;
          assert.equal((await watch.event).type, 'changed');
        }
      })();
      try {
        for (let value = 1; value <= last; value++) {
          await writer.set('/n', String(value));
          await untilAnswered(() => zk.exists('/n'));
        }
        await watching;
      } finally {
        clearInterval(cutting);
      }
    });

    it('are lost when the client closes', async () => {
      const zk = await connectToFreshTree(server());
      const { watch } = await zk.getAndWatch('/');
      await zk.close();
      assert.deepEqual(await watch.event, { type: 'lost', path: '/', reason: 'closed' });
    });
  });
}

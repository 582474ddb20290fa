import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FaultProxy, fourLetterWord } from '@mpim/testkit';
import type { PersistentWatch, PersistentWatchEvent, ZooKeeperClient } from '@mpim/zookeeper';
import { connect, connectToFreshTree, type GetServer, stateOf } from './server-under-test.ts';

/** Watches that stay: what they report, over reconnects too, and that they go. */
export function persistentWatches(server: GetServer): void {
  describe('persistent watches', { concurrency: 3 }, () => {
    it('report all that happens to one node, again and again', async () => {
      await using zk = await connectToFreshTree(server());
      await using watch = await zk.watch('/a');
      await change(zk);
      assert.deepEqual(await take(watch, 6), [
        { type: 'created', path: '/a' },
        { type: 'changed', path: '/a' },
        { type: 'changed', path: '/a' },
        { type: 'children', path: '/a' },
        { type: 'children', path: '/a' },
        { type: 'deleted', path: '/a' },
      ]);
    });

    it('report a whole subtree when recursive, and nothing beside it', async () => {
      await using zk = await connectToFreshTree(server());
      await using watch = await zk.watch('/a', { recursive: true });
      await zk.create('/ab', null);
      await change(zk);
      assert.deepEqual(await take(watch, 6), [
        { type: 'created', path: '/a' },
        { type: 'changed', path: '/a' },
        { type: 'changed', path: '/a' },
        { type: 'created', path: '/a/b' },
        { type: 'deleted', path: '/a/b' },
        { type: 'deleted', path: '/a' },
      ]);
    });

    it('are on the server until the last one on a path is closed', async () => {
      await using zk = await connectToFreshTree(server());
      const first = await zk.watch('/a', { recursive: true });
      const second = await zk.watch('/a', { recursive: true });
      await assert.rejects(zk.watch('/a'), { code: 'BAD_ARGUMENTS' });
      await first.close();
      assert.equal(await zk.checkWatches('/a', 'any'), true);
      await zk.create('/a', null);
      assert.deepEqual(await take(second, 1), [{ type: 'created', path: '/a' }]);
      await second.close();
      assert.equal(await zk.checkWatches('/a', 'any'), false);
      assert.doesNotMatch(
        await fourLetterWord(server().port, 'wchp'),
        new RegExp(`${zk.chroot}/a`),
      );
      assert.deepEqual(await Array.fromAsync(first), []);
      await using _other = await zk.watch('/a');
    });

    it('tell of a gap after a cut, and go on', async () => {
      await using proxy = await FaultProxy.start(server().port);
      await using zk = await connectToFreshTree(proxy);
      await using other = await connect({ connectString: `${server().connectString}${zk.chroot}` });
      await using one = await zk.watch('/a');
      await using all = await zk.watch('/', { recursive: true });
      proxy.refuse();
      proxy.cut();
      await stateOf(zk, 'suspended');
      await other.create('/a', null);
      proxy.heal();
      assert.deepEqual(await take(one, 1), [{ type: 'gap', path: '/a' }]);
      assert.deepEqual(await take(all, 1), [{ type: 'gap', path: '/' }]);
      // What is read from now on misses nothing.
      assert.notEqual(await zk.exists('/a'), null);
      await other.set('/a', 'x');
      await other.create('/b', null);
      assert.deepEqual(await take(one, 1), [{ type: 'changed', path: '/a' }]);
      assert.deepEqual(await take(all, 2), [
        { type: 'changed', path: '/a' },
        { type: 'created', path: '/b' },
      ]);
    });

    it('outlive one-shot watches on the same path, and these outlive them', async () => {
      await using zk = await connectToFreshTree(server());
      await zk.create('/a', '0');
      const stays = await zk.watch('/a');
      const { watch: once } = await zk.getAndWatch('/a');
      const { watch: dropped } = await zk.getAndWatch('/a');
      dropped[Symbol.dispose]();
      await zk.set('/a', '1');
      assert.equal((await once.event).type, 'changed');
      await zk.set('/a', '2');
      const seen = await take(stays, 2);
      assert.deepEqual(
        seen.map((event) => event.type),
        ['changed', 'changed'],
      );

      const { watch: left } = await zk.getAndWatch('/a');
      await stays.close();
      await zk.set('/a', '3');
      assert.equal((await left.event).type, 'changed');
    });

    it('that fail or are aborted leave nothing behind', async () => {
      await using zk = await connectToFreshTree(server());
      const abort = new AbortController();
      const watch = zk.watch('/a', { signal: abort.signal });
      abort.abort(new Error('enough'));
      await assert.rejects(watch, { message: 'enough' });
      await zk.sync('/');
      assert.equal(await zk.checkWatches('/a', 'any'), false);
      await assert.rejects(zk.watch('a'), { code: 'BAD_ARGUMENTS' });
    });

    it('end when the client closes', async () => {
      const zk = await connectToFreshTree(server());
      const watch = await zk.watch('/');
      const events = Array.fromAsync(watch);
      await zk.close();
      assert.deepEqual(await events, [{ type: 'lost', path: '/', reason: 'closed' }]);
    });
  });
}

async function change(zk: ZooKeeperClient): Promise<void> {
  await zk.create('/a', null);
  await zk.set('/a', '1');
  await zk.set('/a', '2');
  await zk.create('/a/b', null);
  await zk.delete('/a/b');
  await zk.delete('/a');
}

async function take(watch: PersistentWatch, count: number): Promise<PersistentWatchEvent[]> {
  const events: PersistentWatchEvent[] = [];
  for await (const event of watch) {
    events.push(event);
    if (events.length === count) break;
  }
  return events;
}

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FaultProxy } from '@mpim/testkit';
import { connect, connectToFreshTree, type GetServer, stateOf } from './server-under-test.ts';

/** Operations about the session, the server and many nodes at once. */
export function serverOperations(server: GetServer): void {
  describe('rarer operations', () => {
    it('create nodes that go by themselves', async () => {
      await using zk = await connectToFreshTree(server());
      const container = await zk.create('/c', 'x', { mode: 'container' });
      assert.equal(container.stat.ephemeralOwner, 0n);
      const ttl = { mode: 'persistent-ttl', ttlMs: 60_000 } as const;
      assert.equal((await zk.create('/t', 'x', ttl)).stat.ephemeralOwner, 0n);
      const sequential = { mode: 'persistent-sequential-ttl', ttlMs: 1 } as const;
      assert.match((await zk.create('/s-', null, sequential)).path, /^\/s-\d{10}$/);
      assert.equal((await zk.get('/c')).data?.toString(), 'x');
    });

    it('read several nodes at once, each with a result of its own', async () => {
      await using zk = await connectToFreshTree(server());
      await zk.create('/a', 'data');
      await zk.create('/a/b', null);
      const [got, missing, children] = await zk.multiRead([
        { type: 'get', path: '/a' },
        { type: 'get', path: '/missing' },
        { type: 'children', path: '/a' },
      ]);
      assert.ok(got.type === 'get');
      assert.equal(got.data?.toString(), 'data');
      assert.equal(got.stat.numChildren, 1);
      assert.deepEqual(missing, { type: 'error', code: 'NO_NODE' });
      assert.deepEqual(children, { type: 'children', children: ['b'] });
      assert.deepEqual(await zk.multiRead([]), []);
    });

    it('list the ephemerals of the session, below a path', async () => {
      await using zk = await connectToFreshTree(server());
      await using other = await connect({ connectString: `${server().connectString}${zk.chroot}` });
      await zk.create('/a', null);
      for (const path of ['/a/1', '/ab', '/c']) await zk.create(path, null, { mode: 'ephemeral' });
      await other.create('/a/other', null, { mode: 'ephemeral' });
      assert.deepEqual((await zk.ephemerals()).sort(), ['/a/1', '/ab', '/c']);
      assert.deepEqual(await zk.ephemerals('/a'), ['/a/1']);
      assert.deepEqual(await other.ephemerals('/'), ['/a/other']);
    });

    it('count the nodes of a subtree', async () => {
      await using zk = await connectToFreshTree(server());
      await zk.ensurePath('/a/b/c');
      await zk.create('/ab', null);
      assert.equal(await zk.countDescendants('/a'), 2);
      assert.equal(await zk.countDescendants('/'), 4);
      await assert.rejects(zk.countDescendants('/missing'), { code: 'NO_NODE', path: '/missing' });
    });

    it('say who the connection is', async () => {
      await using zk = await connectToFreshTree(server());
      await zk.addAuth('digest', 'ann:secret');
      const identities = await zk.whoAmI();
      assert.ok(identities.some(({ scheme, user }) => scheme === 'digest' && user === 'ann'));
      assert.ok(identities.some(({ scheme }) => scheme === 'ip'));
    });

    it('show which watches the server keeps', async () => {
      await using zk = await connectToFreshTree(server());
      assert.equal(await zk.checkWatches('/', 'any'), false);
      const { watch } = await zk.childrenAndWatch('/');
      assert.equal(await zk.checkWatches('/', 'children'), true);
      assert.equal(await zk.checkWatches('/', 'data'), false);
      watch[Symbol.dispose]();
      assert.equal(await zk.checkWatches('/', 'any'), false);
    });

    it('fail when their time is up, and say whether they were sent', async () => {
      await using proxy = await FaultProxy.start(server().port);
      await using zk = await connectToFreshTree(proxy);
      assert.notEqual(await zk.exists('/', { timeoutMs: 10_000 }), null);
      proxy.blackhole();
      const unanswered = zk.create('/a', null, { timeoutMs: 50 });
      await assert.rejects(unanswered, { code: 'OPERATION_TIMEOUT', path: '/a', sent: true });
      proxy.refuse();
      proxy.cut();
      await stateOf(zk, 'suspended');
      const unsent = zk.create('/b', null, { timeoutMs: 50 });
      await assert.rejects(unsent, { code: 'OPERATION_TIMEOUT', path: '/b', sent: false });
      proxy.heal();
      assert.equal(await zk.exists('/b'), null);
    });
  });
}

/** What only a server on its own says. */
export function standaloneConfig(server: GetServer): void {
  it('reads the configuration of a server on its own, which cannot be changed', async () => {
    await using zk = await connectToFreshTree(server());
    const { servers, version, text } = await zk.config();
    assert.deepEqual([servers.size, version, text], [0, null, '']);
    await assert.rejects(zk.reconfigure({ leaving: ['3'] }), ({ code }) =>
      ['UNIMPLEMENTED', 'RECONFIG_DISABLED'].includes(code),
    );
    await assert.rejects(zk.reconfigure({}), { code: 'BAD_ARGUMENTS' });
  });
}

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { waitFor } from '@mpim/testkit';
import {
  type MultiOperation,
  OPEN_ACL,
  Permission,
  ZooKeeperClient,
  ZooKeeperError,
} from '@mpim/zookeeper';
import { connect, connectToFreshTree, freshPath, type GetServer } from './server-under-test.ts';

/** Every operation and its errors. */
export function operations(server: GetServer): void {
  describe('operations', { concurrency: 3 }, () => {
    it('creates, reads, changes, lists and deletes', async () => {
      await using zk = await connectToFreshTree(server());
      const created = await zk.create('/a', 'one');
      assert.equal(created.path, '/a');
      assert.equal(created.stat.version, 0);
      assert.equal(created.stat.czxid, created.stat.mzxid);
      assert.ok(Math.abs(created.stat.ctime - Date.now()) < 60_000);

      const set = await zk.set('/a', Buffer.from('three'), { version: 0 });
      assert.equal(set.version, 1);
      assert.ok(set.mzxid > created.stat.mzxid);
      const got = await zk.get('/a');
      assert.equal(got.data?.toString(), 'three');
      assert.deepEqual(got.stat, set);
      assert.deepEqual(await zk.exists('/a'), set);

      await zk.create('/a/x', null);
      await zk.create('/a/ü', '');
      const { children, stat } = await zk.children('/a');
      assert.deepEqual(children.sort(), ['x', 'ü']);
      assert.equal(stat.numChildren, 2);
      assert.equal((await zk.get('/a/x')).data, null);
      assert.deepEqual((await zk.get('/a/ü')).data, Buffer.alloc(0));

      await zk.delete('/a/x', { version: 0 });
      await zk.delete('/a/ü');
      await zk.delete('/a');
      assert.equal(await zk.exists('/a'), null);
      await zk.sync('/');
    });

    it('answers with data that stays, whatever is read afterwards', async () => {
      await using zk = await connectToFreshTree(server());
      await zk.create('/a', 'first');
      await zk.create('/b', 'other');
      const got = await zk.get('/a');
      const { watch, ...watched } = await zk.getAndWatch('/a');
      using _watch = watch;
      const [read] = await zk.multiRead([{ type: 'get', path: '/a' }]);
      assert.ok(read.type === 'get');
      // Of the same sizes, so that their bytes come to lie where the first ones did.
      await zk.get('/b');
      await zk.getAndWatch('/b').then(({ watch: other }) => other[Symbol.dispose]());
      await zk.multiRead([{ type: 'get', path: '/b' }]);
      for (const { data } of [got, watched, read]) assert.equal(data?.toString(), 'first');
    });

    it('rejects, and throws nothing, for a path that cannot be', async () => {
      await using zk = await connectToFreshTree(server());
      const calls = [zk.get('a'), zk.exists('/a/'), zk.set('', 'x'), zk.children('/a//b')];
      for (const call of calls) await assert.rejects(call, { code: 'BAD_ARGUMENTS', sent: false });
      const aborted = { signal: AbortSignal.abort(new Error('given up')) };
      await assert.rejects(zk.get('/', aborted), { message: 'given up' });
    });

    it('numbers sequential nodes by the children their parent ever had', async () => {
      await using zk = await connectToFreshTree(server());
      const mode = 'persistent-sequential';
      assert.equal((await zk.create('/n-', null, { mode })).path, '/n-0000000000');
      await zk.create('/plain');
      assert.equal((await zk.get('/plain')).data, null);
      await zk.delete('/plain');
      assert.equal((await zk.create('/n-', null, { mode })).path, '/n-0000000002');
      await zk.create('/d', null);
      assert.equal((await zk.create('/d/', null, { mode })).path, '/d/0000000000');
    });

    it('binds ephemerals to the session, and takes them away when it closes', async () => {
      await using zk = await connectToFreshTree(server());
      const other = await connect({ connectString: `${server().connectString}${zk.chroot}` });
      const { stat } = await other.create('/e', 'x', { mode: 'ephemeral' });
      assert.equal(stat.ephemeralOwner, other.sessionId);
      const { path } = await other.create('/es-', null, { mode: 'ephemeral-sequential' });
      assert.match(path, /^\/es-\d{10}$/);
      await assert.rejects(other.create('/e/child', null), { code: 'NO_CHILDREN_FOR_EPHEMERALS' });
      assert.equal((await zk.exists('/e'))?.ephemeralOwner, other.sessionId);
      await other.close();
      assert.equal(await zk.exists('/e'), null);
      assert.equal(await zk.exists(path), null);
    });

    it('creates containers and nodes with a time to live', async () => {
      await using zk = await connectToFreshTree(server());
      const container = await zk.create('/c', 'x', { mode: 'container' });
      assert.equal(container.stat.ephemeralOwner, 0n);
      const ttl = await zk.create('/t', null, { mode: 'persistent-ttl', ttlMs: 3_600_000 });
      assert.equal(ttl.path, '/t');
      const mode = 'persistent-sequential-ttl';
      const sequential = await zk.create('/t-', null, { mode, ttlMs: 3_600_000 });
      assert.equal(sequential.path, '/t-0000000002');
      await assert.rejects(zk.create('/u', null, { ttlMs: 1 }), { code: 'BAD_ARGUMENTS' });
      await assert.rejects(zk.create('/u', null, { mode }), { code: 'BAD_ARGUMENTS' });
    });

    it('says what is wrong by code and path', async () => {
      await using zk = await connectToFreshTree(server());
      await zk.create('/a', null);
      await zk.create('/a/b', null);
      const cases: [() => Promise<unknown>, string, string][] = [
        [() => zk.create('/a', null), 'NODE_EXISTS', '/a'],
        [() => zk.create('/no/a', null), 'NO_NODE', '/no/a'],
        [() => zk.create('/c', null, { acl: [] }), 'INVALID_ACL', '/c'],
        [() => zk.get('/no'), 'NO_NODE', '/no'],
        [() => zk.set('/no', null), 'NO_NODE', '/no'],
        [() => zk.set('/a', null, { version: 7 }), 'BAD_VERSION', '/a'],
        [() => zk.children('/no'), 'NO_NODE', '/no'],
        [() => zk.getAcl('/no'), 'NO_NODE', '/no'],
        [() => zk.setAcl('/a', OPEN_ACL, { version: 7 }), 'BAD_VERSION', '/a'],
        [() => zk.delete('/no'), 'NO_NODE', '/no'],
        [() => zk.delete('/a'), 'NOT_EMPTY', '/a'],
        [() => zk.delete('/a/b', { version: 7 }), 'BAD_VERSION', '/a/b'],
        [() => zk.get('a'), 'BAD_ARGUMENTS', 'a'],
        [() => zk.create('/a/../b', null), 'BAD_ARGUMENTS', '/a/../b'],
        [() => zk.exists('/a\0'), 'BAD_ARGUMENTS', '/a\0'],
      ];
      for (const [call, code, path] of cases) {
        await assert.rejects(call(), (error) => {
          assert.ok(error instanceof ZooKeeperError);
          assert.deepEqual(
            [error.code, error.path, error.retryable, error.sent],
            [code, path, false, false],
          );
          return true;
        });
      }
    });

    it('applies a multi as one transaction', async () => {
      await using zk = await connectToFreshTree(server());
      await zk.create('/v', '0');
      const results = await zk.multi([
        { type: 'create', path: '/a', data: 'x' },
        { type: 'create', path: '/a/s-', mode: 'ephemeral-sequential' },
        { type: 'create', path: '/a/c', mode: 'container' },
        { type: 'create', path: '/a/t', mode: 'persistent-ttl', ttlMs: 3_600_000 },
        { type: 'set', path: '/v', data: '1', version: 0 },
        { type: 'check', path: '/v', version: 1 },
        { type: 'delete', path: '/a/t' },
      ]);
      assert.deepEqual(
        results.map((result) => (result.type === 'create' ? result.path : result.type)),
        ['/a', '/a/s-0000000000', '/a/c', '/a/t', 'set', 'check', 'delete'],
      );
      // Each result has the type of its operation: no narrowing is needed to read it.
      const [created, , , , changed] = results;
      const [set, a] = [await zk.get('/v'), await zk.get('/a')];
      assert.equal(created.path, '/a');
      assert.deepEqual(changed.stat, set.stat);
      assert.equal(set.stat.mzxid, a.stat.czxid);
      const listed: MultiOperation[] = [{ type: 'set', path: '/v', data: '2' }];
      const [one] = await zk.multi(listed);
      assert.equal(one?.type === 'set' && one.stat.version, 2);
      assert.deepEqual(await zk.multi([]), []);
    });

    it('applies nothing of a multi that fails, and names the culprit', async () => {
      await using zk = await connectToFreshTree(server());
      await zk.create('/v', null);
      const failing = zk.multi([
        { type: 'create', path: '/a' },
        { type: 'check', path: '/v', version: 3 },
        { type: 'delete', path: '/v' },
      ]);
      await assert.rejects(failing, (error) => {
        assert.ok(error instanceof ZooKeeperError);
        assert.equal(error.code, 'BAD_VERSION');
        assert.equal(error.path, '/v');
        assert.equal(error.failedIndex, 1);
        assert.deepEqual(
          error.results?.map(({ code }) => code),
          ['OK', 'BAD_VERSION', 'RUNTIME_INCONSISTENCY'],
        );
        return true;
      });
      assert.deepEqual((await zk.children('/')).children, ['v']);
    });

    it('keeps the order of calls, awaited or not', async () => {
      await using zk = await connectToFreshTree(server());
      const created = zk.create('/n', '-1');
      const sets = Array.from({ length: 200 }, (_, i) => zk.set('/n', String(i), { version: i }));
      const last = zk.get('/n');
      await created;
      assert.deepEqual(
        (await Promise.all(sets)).map(({ version }) => version),
        Array.from({ length: 200 }, (_, i) => i + 1),
      );
      assert.equal((await last).data?.toString(), '199');
    });

    it('takes the largest request, refuses a larger one, and reads answers larger still', async () => {
      await using zk = await connectToFreshTree(server());
      const refused = zk.create('/big', Buffer.alloc(1024 * 1024));
      await assert.rejects(refused, { code: 'BAD_ARGUMENTS', sent: false });
      const data = Buffer.alloc(1_048_575 - 200, 7);
      await zk.create('/big', data);
      assert.deepEqual((await zk.get('/big')).data, data);

      const name = 'n'.repeat(600);
      for (let batch = 0; batch < 2; batch++) {
        const operations = Array.from({ length: 1000 }, (_, i) => ({
          type: 'create' as const,
          path: `/big/${name}-${batch}-${i}`,
        }));
        await zk.multi(operations);
      }
      const { children } = await zk.children('/big');
      assert.equal(children.length, 2000);
      await zk.deleteRecursive('/big');
      assert.equal(await zk.exists('/big'), null);
    });

    it('reads and sets ACLs', async () => {
      await using zk = await connectToFreshTree(server());
      await zk.create('/a', null);
      assert.deepEqual((await zk.getAcl('/a')).acl, OPEN_ACL);
      const acl = [
        { permissions: Permission.read | Permission.admin, scheme: 'world', id: 'anyone' },
      ];
      const stat = await zk.setAcl('/a', acl, { version: 0 });
      assert.equal(stat.aversion, 1);
      assert.deepEqual((await zk.getAcl('/a')).acl, acl);
      // The leader goes by the ACL it has applied: now and then that is the old one when a follower has the new one.
      await waitFor(async () => {
        await assert.rejects(zk.set('/a', 'x'), { code: 'NO_AUTH', path: '/a' });
        return true;
      });
      await zk.get('/a');
    });

    it('maps every path through the chroot', async () => {
      const outside = await connect(server());
      const root = freshPath();
      await using zk = await connect({ connectString: `${server().connectString}${root}/app` });
      assert.equal(zk.chroot, `${root}/app`);
      await assert.rejects(zk.get('/'), { code: 'NO_NODE', path: '/' });
      await zk.ensurePath('/a/b');
      assert.notEqual(await outside.exists(`${root}/app/a/b`), null);
      const mode = 'persistent-sequential';
      assert.equal((await zk.create('/', null, { mode })).path, '/0000000001');
      await zk.multi([{ type: 'create', path: '/a/m' }]);
      assert.notEqual(await outside.exists(`${root}/app/a/m`), null);
      const { watch } = await zk.getAndWatch('/a/m');
      await outside.set(`${root}/app/a/m`, 'x');
      assert.deepEqual(await watch.event, { type: 'changed', path: '/a/m' });
      const top = await zk.childrenAndWatch('/');
      await zk.deleteRecursive('/');
      assert.equal((await top.watch.event).path, '/');
      assert.deepEqual((await outside.children(root)).children, []);
      await outside.deleteRecursive(root);
      await outside.close();
    });

    it('ensures and deletes whole trees while others do the same', async () => {
      await using zk = await connectToFreshTree(server());
      await Promise.all(Array.from({ length: 5 }, () => zk.ensurePath('/x/y/z')));
      await zk.ensurePath('/x/y/z');
      for (const name of ['a', 'b', 'c']) await zk.ensurePath(`/x/y/${name}/deep`);
      await Promise.all([zk.deleteRecursive('/x'), zk.deleteRecursive('/x')]);
      assert.equal(await zk.exists('/x'), null);
      await zk.deleteRecursive('/x');
      await using top = await connect(server());
      await assert.rejects(top.deleteRecursive('/'), { code: 'BAD_ARGUMENTS' });
    });

    it('gives up a call when its signal says so', async () => {
      await using zk = await connectToFreshTree(server());
      const reason = new Error('enough');
      await assert.rejects(zk.get('/', { signal: AbortSignal.abort(reason) }), reason);
      const controller = new AbortController();
      const call = zk.get('/', { signal: controller.signal });
      controller.abort(reason);
      await assert.rejects(call, reason);
      // The answer that still comes is not mistaken for that of another call.
      assert.equal((await zk.exists('/'))?.version, 0);
    });

    it('shows its identities, and those refused end the client', async () => {
      await using zk = await connectToFreshTree(server(), {
        auth: [{ scheme: 'digest', auth: 'ann:secret' }],
      });
      const acl = [{ permissions: Permission.all, scheme: 'auth', id: '' }];
      await zk.create('/mine', 'x', { acl });
      const connectString = `${server().connectString}${zk.chroot}`;
      await using other = await connect({ connectString });
      await assert.rejects(other.get('/mine'), { code: 'NO_AUTH' });
      await other.addAuth('digest', 'ann:secret');
      assert.equal((await other.get('/mine')).data?.toString(), 'x');

      const refused = ZooKeeperClient.connect({
        connectString,
        auth: [{ scheme: 'no-such-scheme', auth: 'x' }],
      });
      await assert.rejects(refused, { code: 'AUTH_FAILED' });
      await using late = await connect({ connectString });
      await assert.rejects(late.addAuth('no-such-scheme', 'x'), { code: 'AUTH_FAILED' });
      assert.equal(late.state.kind, 'auth-failed');
      await assert.rejects(late.get('/'), { code: 'AUTH_FAILED' });
    });
  });
}

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { FaultProxy, startChild, waitFor } from '@mpim/testkit';
import { type SessionState, ZooKeeperClient } from '@mpim/zookeeper';
import {
  connect,
  connectToFreshTree,
  freshPath,
  type GetServer,
  SHORT_SESSION_MS,
  stateOf,
} from './server-under-test.ts';

/** What becomes of a session when connections, servers and networks fail. Concurrent: most of it is waiting. */
export function sessions(server: GetServer): void {
  describe('sessions', { concurrency: true }, () => {
    it('outlive their connections, with their ephemerals', async () => {
      await using proxy = await FaultProxy.start(server().port);
      await using zk = await connectToFreshTree(proxy);
      const states = collectStates(zk);
      const id = zk.sessionId;
      await zk.create('/e', 'x', { mode: 'ephemeral' });
      for (let round = 0; round < 3; round++) {
        proxy.cut();
        await stateOf(zk, 'suspended');
        assert.equal((await zk.get('/e')).stat.ephemeralOwner, id);
      }
      assert.equal(zk.sessionId, id);
      assert.deepEqual(states, Array(3).fill(['suspended', 'connected']).flat());
    });

    it('are kept by pings while idle', async () => {
      const sessionTimeoutMs = 2 * SHORT_SESSION_MS;
      await using zk = await connect(server(), { sessionTimeoutMs });
      const states = collectStates(zk);
      await once(AbortSignal.timeout(1.5 * sessionTimeoutMs), 'abort');
      await zk.exists('/');
      assert.deepEqual(states, []);
    });

    it('fail what is under way at a cut, and keep what is called later for the next connection', async () => {
      await using proxy = await FaultProxy.start(server().port);
      await using zk = await connectToFreshTree(proxy);
      proxy.blackhole();
      const underWay = zk.create('/under-way', null);
      underWay.catch(() => {});
      await waitFor(() => proxy.connections === 1);
      proxy.refuse();
      proxy.cut();
      await assert.rejects(underWay, { code: 'CONNECTION_LOSS', sent: true, retryable: true });
      assert.equal(zk.state.kind, 'suspended');
      const created = zk.create('/later', '0');
      const sets = [zk.set('/later', '1', { version: 0 }), zk.set('/later', '2', { version: 1 })];
      const got = zk.get('/later');
      const aborted = zk.get('/', { signal: AbortSignal.timeout(20) });
      await assert.rejects(aborted, { name: 'TimeoutError' });
      await assert.rejects(zk.create('/big', Buffer.alloc(1 << 20)), { code: 'BAD_ARGUMENTS' });
      proxy.heal();
      await Promise.all([created, ...sets]);
      assert.equal((await got).data?.toString(), '2');
    });

    it('can be taken up by another client, with the right password only', async () => {
      await using proxy = await FaultProxy.start(server().port);
      const first = await connectToFreshTree(proxy);
      await first.create('/e', null, { mode: 'ephemeral' });
      // Two clients with one session would take it from each other for ever.
      proxy.refuse();
      proxy.cut();
      await stateOf(first, 'suspended');
      const connectString = `${server().connectString}${first.chroot}`;
      const session = first.sessionCredentials;
      const wrong = { id: session.id, password: Buffer.alloc(16, 1) };
      const refused = ZooKeeperClient.connect({ connectString, session: wrong });
      await assert.rejects(refused, { code: 'SESSION_EXPIRED' });
      const second = await ZooKeeperClient.connect({ connectString, session });
      assert.equal(second.sessionId, session.id);
      assert.equal((await second.get('/e')).stat.ephemeralOwner, session.id);
      await second.close();
      proxy.heal();
      // The server tells the first one that its session is gone.
      await stateOf(first, 'expired');
      await assert.rejects(first.get('/'), { code: 'SESSION_EXPIRED', sent: false });
      await first.close();
      assert.equal(first.state.kind, 'closed');
    });

    it('can be left to the next client, which waits for nothing', async () => {
      const first = await connectToFreshTree(server());
      const connectString = `${server().connectString}${first.chroot}`;
      await first.create('/e', null, { mode: 'ephemeral' });
      const last = first.set('/e', 'last');
      await first.close({ keepSession: true });
      assert.equal((await last).version, 1);
      assert.equal(first.state.kind, 'closed');
      await assert.rejects(first.get('/e'), { code: 'CLOSED' });
      const session = first.sessionCredentials;
      await using second = await ZooKeeperClient.connect({ connectString, session });
      const { data, stat } = await second.get('/e');
      assert.equal(data?.toString(), 'last');
      assert.equal(stat.ephemeralOwner, session.id);
      await second.close();
      await using third = await connect({ connectString });
      assert.equal(await third.exists('/e'), null);
    });

    it('can be taken up from a process that died', async () => {
      const path = freshPath();
      const program = `
        import { ZooKeeperClient } from '@mpim/zookeeper';
        const zk = await ZooKeeperClient.connect({ connectString: ${JSON.stringify(server().connectString)} });
        await zk.create('${path}', null, { mode: 'ephemeral' });
        const { id, password } = zk.sessionCredentials;
        console.log(JSON.stringify({ id: String(id), password: Buffer.from(password).toString('base64') }));`;
      const args = ['--input-type=module', '--eval', program];
      await using owner = startChild(process.execPath, args, { cwd: import.meta.dirname });
      const saved = JSON.parse(await owner.waitForLine(/^\{"id"/));
      owner.kill('SIGKILL');
      await owner.exit;
      const session = { id: BigInt(saved.id), password: Buffer.from(saved.password, 'base64') };
      await using zk = await connect(server(), { session });
      assert.equal(zk.sessionId, session.id);
      assert.equal((await zk.get(path)).stat.ephemeralOwner, session.id);
    });

    it('expire without a server, too, and lose their watches and waiting calls', async () => {
      await using proxy = await FaultProxy.start(server().port);
      await using zk = await connectToFreshTree(proxy, { sessionTimeoutMs: SHORT_SESSION_MS });
      const { watch } = await zk.getAndWatch('/');
      const began = performance.now();
      proxy.refuse();
      proxy.cut();
      await stateOf(zk, 'suspended');
      const waiting = zk.get('/');
      await assert.rejects(waiting, { code: 'SESSION_EXPIRED', sent: false, path: '/' });
      assert.equal(zk.state.kind, 'expired');
      const lost = { type: 'lost', path: '/', reason: 'session-expired' };
      assert.deepEqual(await watch.event, lost);
      const took = performance.now() - began;
      assert.ok(took > SHORT_SESSION_MS * 0.95 && took < SHORT_SESSION_MS * 3, `${took} ms`);
    });

    it('are renewed when asked for', async () => {
      await using proxy = await FaultProxy.start(server().port);
      await using zk = await connectToFreshTree(proxy, {
        sessionTimeoutMs: SHORT_SESSION_MS,
        renewExpiredSession: true,
      });
      const states = collectStates(zk);
      const before = zk.sessionId;
      const { watch } = await zk.getAndWatch('/');
      await zk.create('/e', null, { mode: 'ephemeral' });
      const opened = once(zk, 'session');
      proxy.refuse();
      proxy.cut();
      assert.equal((await watch.event).type, 'lost');
      const waiting = zk.exists('/');
      proxy.heal();
      assert.deepEqual(await opened, [{ id: zk.sessionId, renewed: true }]);
      assert.notEqual(zk.sessionId, before);
      assert.notEqual(await waiting, null);
      assert.deepEqual(states, ['suspended', 'expired', 'connecting', 'connected']);
      await waitFor(async () => (await zk.exists('/e')) === null, { what: 'the ephemeral to go' });
    });

    it('notice a server that is silent', async () => {
      // What is left of the session must do for coming back to it on a busy machine.
      const sessionTimeoutMs = 3 * SHORT_SESSION_MS;
      await using proxy = await FaultProxy.start(server().port);
      await using zk = await connectToFreshTree(proxy, { sessionTimeoutMs });
      const began = performance.now();
      proxy.blackhole();
      await stateOf(zk, 'suspended');
      const took = performance.now() - began;
      assert.ok(took > sessionTimeoutMs / 3 && took < sessionTimeoutMs, `${took} ms`);
      proxy.cut();
      proxy.heal();
      await stateOf(zk, 'connected');
      await zk.exists('/');
    });

    it('show their identities before anything else on a new connection', async () => {
      await using proxy = await FaultProxy.start(server().port);
      await using zk = await connectToFreshTree(proxy);
      await zk.addAuth('digest', 'ann:secret');
      const acl = [{ permissions: 31, scheme: 'auth', id: '' }];
      await zk.create('/mine', 'x', { acl });
      proxy.refuse();
      proxy.cut();
      await stateOf(zk, 'suspended');
      const waiting = zk.get('/mine');
      const added = zk.addAuth('digest', 'bob:secret');
      proxy.heal();
      assert.equal((await waiting).data?.toString(), 'x');
      await added;
    });

    it('use another server when one is gone', async () => {
      await using first = await FaultProxy.start(server().port);
      await using second = await FaultProxy.start(server().port);
      const connectString = `${first.connectString},${second.connectString}${freshPath()}`;
      await using zk = await ZooKeeperClient.connect({ connectString });
      const id = zk.sessionId;
      for (const [gone, left] of [
        [first, second],
        [second, first],
      ] as const) {
        gone.refuse();
        gone.cut();
        await waitFor(() => zk.state.kind === 'connected' && zk.state.host === left.connectString);
        gone.heal();
      }
      assert.equal(zk.sessionId, id);
    });
  });

  describe('hosts', { concurrency: true }, () => {
    it('that are replaced are used from the next connection on', async () => {
      await using first = await FaultProxy.start(server().port);
      await using second = await FaultProxy.start(server().port);
      await using zk = await connectToFreshTree(first);
      const { sessionId: id, chroot } = zk;
      zk.useHosts(second.connectString);
      await zk.create('/a', null);
      assert.deepEqual(zk.state, {
        kind: 'connected',
        sessionId: id,
        host: first.connectString,
      });
      first.cut();
      await waitFor(() => zk.state.kind === 'connected' && zk.state.host === second.connectString);
      assert.equal(zk.sessionId, id);
      assert.equal(zk.chroot, chroot);
      assert.notEqual(await zk.exists('/a'), null);
      for (const bad of ['', `${first.connectString}/app`]) {
        assert.throws(() => zk.useHosts(bad), { code: 'BAD_ARGUMENTS' });
      }
    });

    it('that are replaced while no server can be reached are tried at once', async () => {
      await using gone = await FaultProxy.start(server().port);
      await using there = await FaultProxy.start(server().port);
      await using zk = await connectToFreshTree(gone);
      const { sessionId: id } = zk;
      gone.refuse();
      gone.cut();
      await stateOf(zk, 'suspended');
      zk.useHosts(`${gone.connectString},${there.connectString}`);
      await stateOf(zk, 'connected');
      assert.equal(zk.sessionId, id);
    });
  });

  describe('close', { concurrency: true }, () => {
    it('answers what was called before and refuses what is called after', async () => {
      const zk = await connectToFreshTree(server());
      const before = zk.create('/a', null);
      const closing = zk.close();
      await assert.rejects(zk.get('/a'), { code: 'CLOSED' });
      assert.equal((await before).path, '/a');
      await closing;
      await zk.close();
      assert.equal(zk.state.kind, 'closed');
      await assert.rejects(zk.addAuth('digest', 'x:y'), { code: 'CLOSED' });
    });

    it('closes while there is no connection', async () => {
      await using proxy = await FaultProxy.start(server().port);
      const zk = await connect(proxy);
      proxy.refuse();
      proxy.cut();
      await stateOf(zk, 'suspended');
      const waiting = zk.get('/');
      waiting.catch(() => {});
      await zk.close();
      await assert.rejects(waiting, { code: 'CLOSED', sent: false });
      assert.equal(zk.state.kind, 'closed');
      proxy.heal();
    });

    it('closes although the server is silent', async () => {
      await using proxy = await FaultProxy.start(server().port);
      const zk = await connect(proxy);
      proxy.blackhole();
      const began = performance.now();
      await zk.close();
      assert.ok(performance.now() - began < 4000);
      await waitFor(() => proxy.connections === 0 || zk.state.kind === 'closed');
    });

    it('closes although the connection is half-open', async () => {
      await using proxy = await FaultProxy.start(server().port);
      const zk = await connect(proxy);
      proxy.halfOpen();
      const unanswered = zk.get('/').catch((error) => error.code);
      const began = performance.now();
      await zk.close();
      assert.ok(performance.now() - began < 4000);
      assert.equal(await unanswered, 'CONNECTION_LOSS');
      await waitFor(() => proxy.connections === 0, { what: 'the socket to be gone' });
    });

    it('closes while it is connecting', async () => {
      await using proxy = await FaultProxy.start(server().port);
      // Accepted, and never answered.
      proxy.blackhole();
      const zk = ZooKeeperClient.startConnecting({ connectString: proxy.connectString });
      const waiting = zk.get('/').catch((error) => error.code);
      await waitFor(() => proxy.connections === 1);
      await zk.close();
      assert.equal(await waiting, 'CLOSED');
      await waitFor(() => proxy.connections === 0, { what: 'the socket to be gone' });
    });
  });
}

function collectStates(zk: ZooKeeperClient): SessionState['kind'][] {
  const states: SessionState['kind'][] = [];
  zk.on('state', (state) => states.push(state.kind));
  return states;
}

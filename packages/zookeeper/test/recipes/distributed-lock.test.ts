import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { ApacheZooKeeper, FaultProxy, missingDebianPackage, waitFor } from '@mpim/testkit';
import { DistributedLock, type Transport, type ZooKeeperClient } from '@mpim/zookeeper';
import { ZooKeeperServer } from '@mpim/zookeeper-server';
import { tcpTransport } from '../../src/client/connection/transport.ts';
import {
  connect,
  connectToFreshTree,
  type GetServer,
  type ServerUnderTest,
  SHORT_SESSION_MS,
  TICK_MS,
} from '../client/suite/server-under-test.ts';

const missing = await missingDebianPackage('zookeeper');

suite('the embedded server', false, () => ZooKeeperServer.start({ tickTimeMs: TICK_MS }));
suite('Apache ZooKeeper', missing ?? false, () => ApacheZooKeeper.start({ tickTime: TICK_MS }));

function suite(name: string, skip: string | false, start: () => Promise<ServerUnderTest>): void {
  describe(`DistributedLock on ${name}`, { skip, concurrency: 8 }, () => {
    let running: ServerUnderTest | undefined;
    before(async () => {
      running = await start();
    });
    after(() => running?.[Symbol.asyncDispose]());
    locks(() => {
      assert.ok(running !== undefined);
      return running;
    });
  });
}

/** Resolves when the signal has said so. */
async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}

function locks(server: GetServer): void {
  it('lets one holder in after the other, in order, with growing fencing tokens', async () => {
    await using zk = await connectToFreshTree(server());
    const connectString = `${server().connectString}${zk.chroot}`;
    const clients = await Promise.all(Array.from({ length: 4 }, () => connect({ connectString })));
    const tokens: bigint[] = [];
    let holders = 0;
    const work = async (client: ZooKeeperClient) => {
      for (let round = 0; round < 3; round++) {
        await using lock = await DistributedLock.acquire(client, '/locks/a');
        holders += 1;
        assert.equal(holders, 1);
        assert.equal((await client.exists(lock.path))?.czxid, lock.fencingToken);
        lock.assertHeld();
        tokens.push(lock.fencingToken);
        holders -= 1;
      }
    };
    await Promise.all(clients.map(work));
    assert.equal(tokens.length, 12);
    assert.deepEqual(
      tokens,
      [...tokens].sort((a, b) => Number(a - b)),
    );
    assert.deepEqual((await zk.children('/locks/a')).children, []);
    await Promise.all(clients.map((client) => client.close()));
  });

  it('is not re-entrant, and stands in line behind any lock node', async () => {
    await using zk = await connectToFreshTree(server());
    await zk.create('/l', null);
    const mode = 'ephemeral-sequential';
    const { path } = await zk.create('/l/lock-', null, { mode });
    const signal = AbortSignal.timeout(50);
    await assert.rejects(DistributedLock.acquire(zk, '/l', { signal }), { name: 'TimeoutError' });
    const waiting = DistributedLock.acquire(zk, '/l', { data: 'host-1' });
    await waitFor(async () => (await zk.children('/l')).children.length === 2);
    // A change of the one before is not its end.
    await zk.set(path, 'x');
    await zk.delete(path);
    await using lock = await waiting;
    assert.equal((await zk.get(lock.path)).data?.toString(), 'host-1');
    assert.deepEqual((await zk.children('/l')).children.length, 1);
  });

  it('goes to the next one when the session of its holder ends', async () => {
    await using zk = await connectToFreshTree(server());
    const connectString = `${server().connectString}${zk.chroot}`;
    const other = await connect({ connectString });
    const held = await DistributedLock.acquire(other, '/l');
    const waiting = DistributedLock.acquire(zk, '/l');
    await other.close();
    await aborted(held.signal);
    assert.throws(() => held.assertHeld(), { code: 'LOCK_LOST' });
    await held.release();
    await using lock = await waiting;
    assert.ok(lock.isHeld);
    assert.ok(lock.fencingToken > held.fencingToken);
  });

  it('is lost at a cut, and its node goes at the latest when it is released', async () => {
    await using proxy = await FaultProxy.start(server().port);
    await using zk = await connectToFreshTree(proxy);
    const lock = await DistributedLock.acquire(zk, '/l');
    await zk.set(lock.path, 'a change is no loss');
    await zk.sync('/');
    assert.ok(lock.isHeld);
    proxy.cut();
    await aborted(lock.signal);
    assert.equal(lock.signal.reason.code, 'LOCK_LOST');
    assert.equal(lock.isHeld, false);
    await lock.release();
    assert.deepEqual((await zk.children('/l')).children, []);
    await using again = await DistributedLock.acquire(zk, '/l');
    assert.ok(again.isHeld);
  });

  it('is lost when its node is deleted by hand', async () => {
    await using zk = await connectToFreshTree(server());
    await using lock = await DistributedLock.acquire(zk, '/l');
    await zk.delete(lock.path);
    await aborted(lock.signal);
    assert.throws(() => lock.assertHeld(), { code: 'LOCK_LOST' });
  });

  it('leaves no node behind when it is given up, even while the node is being made', async () => {
    await using proxy = await FaultProxy.start(server().port);
    await using zk = await connectToFreshTree(proxy);
    await using lock = await DistributedLock.acquire(zk, '/l');
    const reason = new Error('enough');
    const controller = new AbortController();
    const waiting = DistributedLock.acquire(zk, '/l', { signal: controller.signal });
    await waitFor(async () => (await zk.children('/l')).children.length === 2);
    const entering = DistributedLock.acquire(zk, '/l', { signal: controller.signal });
    controller.abort(reason);
    await assert.rejects(waiting, reason);
    await assert.rejects(entering, reason);
    await waitFor(async () => (await zk.children('/l')).children.length === 1);
    assert.ok(lock.isHeld);
  });

  it('finds its node again when the answer to the create is lost', async () => {
    await using plain = await connectToFreshTree(server());
    let lost = 0;
    const tcp = tcpTransport(Math.random);
    const transport: Transport = {
      connect(host, handlers) {
        const socket = tcp.connect(host, {
          ...handlers,
          received(chunk) {
            if (lost === 0 && chunk.includes('-lock-0000')) {
              lost += 1;
              socket.destroy();
            } else handlers.received(chunk);
          },
        });
        return socket;
      },
    };
    const connectString = `${server().connectString}${plain.chroot}`;
    await using zk = await connect({ connectString }, { transport });
    await using lock = await DistributedLock.acquire(zk, '/l');
    assert.equal(lost, 1);
    assert.equal((await plain.children('/l')).children.length, 1);
    assert.ok(lock.isHeld);
  });

  it('goes on waiting in a renewed session', async () => {
    await using proxy = await FaultProxy.start(server().port);
    await using zk = await connectToFreshTree(proxy, {
      sessionTimeoutMs: SHORT_SESSION_MS,
      renewExpiredSession: true,
    });
    await using other = await connect({ connectString: `${server().connectString}${zk.chroot}` });
    const held = await DistributedLock.acquire(other, '/l');
    const before = zk.sessionId;
    const waiting = DistributedLock.acquire(zk, '/l');
    await waitFor(async () => (await other.children('/l')).children.length === 2);
    proxy.refuse();
    proxy.cut();
    await waitFor(() => zk.state.kind === 'connecting');
    proxy.heal();
    await waitFor(() => zk.state.kind === 'connected');
    await held.release();
    await using lock = await waiting;
    assert.notEqual(zk.sessionId, before);
    assert.equal((await other.exists(lock.path))?.ephemeralOwner, zk.sessionId);
  });
}

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { ApacheEnsemble, missingDebianPackage, waitFor } from '@mpim/testkit';
import {
  joinPath,
  type PersistentWatch,
  type PersistentWatchEvent,
  untilAnswered,
  type ZooKeeperClient,
  ZooKeeperError,
} from '@mpim/zookeeper';
import { persistentWatches } from './suite/persistent-watches.ts';
import { rearming } from './suite/rearming.ts';
import { serverOf } from './suite/server-of.ts';
import { serverOperations } from './suite/server-operations.ts';
import { connect, connectToFreshTree, stateOf } from './suite/server-under-test.ts';
import { views } from './suite/views.ts';
import { once, whileRunning } from './suite/while-running.ts';

const skip = await missingDebianPackage('zookeeper');
/** The longest that servers with a tick of 500 ms grant: elections must not end it. */
const LONG_SESSION_MS = 10_000;
const MOVES = 6;

describe('watches that stay, and rarer operations, in an ensemble', { skip: skip ?? false }, () => {
  const ensemble = whileRunning(() =>
    ApacheEnsemble.start({ java: ['-Dznode.container.checkIntervalMs=500'] }),
  );
  const oneFollower = once(async () => (await ensemble().followers())[0]);

  describe('a follower', () => {
    persistentWatches(oneFollower);
    rearming(oneFollower);
    serverOperations(oneFollower);
    views(oneFollower);
  });

  /** Kills the client's server, does what is to be done meanwhile, and waits until another one serves it. */
  async function move(zk: ZooKeeperClient, meanwhile: () => Promise<unknown>): Promise<void> {
    const own = serverOf(ensemble(), zk);
    const suspended = stateOf(zk, 'suspended');
    await own.kill();
    await suspended;
    await meanwhile();
    await stateOf(zk, 'connected');
    assert.notEqual(serverOf(ensemble(), zk), own);
    await own.restart();
    await waitFor(async () => (await ensemble().followers()).length === 2, { timeoutMs: 30_000 });
  }

  it('persistent watches move along, tell of a gap, and miss nothing from then on', async () => {
    const options = { sessionTimeoutMs: LONG_SESSION_MS };
    await using zk = await connectToFreshTree(ensemble(), options);
    const { chroot } = zk;
    const others = ensemble().nodes.filter((node) => node !== serverOf(ensemble(), zk));
    const connectString = `${others.map((node) => node.connectString).join()}${chroot}`;
    await using other = await connect({ connectString }, options);
    await using one = await zk.watch('/one');
    await using all = await zk.watch('/', { recursive: true });
    await other.create('/one', '0');
    for (const watch of [one, all]) {
      assert.deepEqual(await until(watch, 'created', '/one'), [{ type: 'created', path: '/one' }]);
    }

    await move(zk, () => untilAnswered(() => other.set('/one', 'missed')));
    await zk.sync('/');
    assert.equal((await zk.get('/one')).data?.toString(), 'missed');
    await untilAnswered(() => other.exists('/'));
    await other.create('/after', null);
    await other.multi([
      { type: 'set', path: '/one', data: 'in a multi' },
      { type: 'create', path: '/after/x' },
    ]);
    await other.delete('/one');
    const ofOne = await until(one, 'deleted', '/one');
    const ofAll = await until(all, 'deleted', '/one');
    const changed = { type: 'changed', path: '/one' };
    // The change during the move may have come just after it.
    const extra = (events: PersistentWatchEvent[], most: number) =>
      events.length > most ? [changed] : [];
    assert.deepEqual(ofOne, [
      { type: 'gap', path: '/one' },
      ...extra(ofOne, 3),
      changed,
      { type: 'deleted', path: '/one' },
    ]);
    assert.deepEqual(ofAll, [
      { type: 'gap', path: '/' },
      ...extra(ofAll, 5),
      { type: 'created', path: '/after' },
      changed,
      { type: 'created', path: '/after/x' },
      { type: 'deleted', path: '/one' },
    ]);
  });

  it('a copy of the tree kept by a recursive watch is exact, however often the client moves', async () => {
    const options = { sessionTimeoutMs: LONG_SESSION_MS };
    await using zk = await connectToFreshTree(ensemble(), options);
    const connectString = `${ensemble().connectString}${zk.chroot}`;
    await using writer = await connect({ connectString }, options);
    await using watch = await zk.watch('/', { recursive: true });
    const copy = new Map<string, bigint>();
    let gaps = 0;
    const keeping = (async () => {
      for await (const event of watch) {
        if (event.type === 'gap') {
          gaps += 1;
          copy.clear();
          for (const [path, mzxid] of await tree(zk)) copy.set(path, mzxid);
        } else {
          const stat = await untilAnswered(() => zk.exists(event.path));
          if (stat === null) copy.delete(event.path);
          else copy.set(event.path, stat.mzxid);
        }
        if (copy.has('/end')) return;
      }
    })();
    let isWriting = true;
    const writing = (async () => {
      for (let at = 0; isWriting; at++) {
        const path = `/n${(at * 7) % 20}`;
        const kind = at % 3;
        await untilAnswered(async () => {
          if (kind === 0) await writer.create(path, 'x');
          else if (kind === 1) await writer.set(path, `${at}`);
          else await writer.delete(path);
        }).catch((error: unknown) => {
          const codes = ['NODE_EXISTS', 'NO_NODE'];
          if (!(error instanceof ZooKeeperError) || !codes.includes(error.code)) throw error;
        });
        await delay(1);
      }
    })();
    for (let at = 0; at < MOVES; at++) await move(zk, () => delay(100));
    isWriting = false;
    await writing;
    await untilAnswered(() => writer.create('/end', null)).catch(() => {});
    await keeping;
    assert.ok(gaps >= MOVES, `${gaps} gaps`);
    await writer.sync('/');
    assert.deepEqual([...copy].sort(byPath), [...(await tree(writer))].sort(byPath));
  });

  it('rarer operations answer the same on the next server', async () => {
    const options = { sessionTimeoutMs: LONG_SESSION_MS };
    await using zk = await connectToFreshTree(ensemble(), options);
    await zk.addAuth('digest', 'ann:secret');
    await zk.create('/e', null, { mode: 'ephemeral' });
    await zk.create('/c', null, { mode: 'container' });
    await zk.create('/c/x', null);
    const watch = await zk.watch('/e');
    await move(zk, async () => {});
    const identities = await zk.whoAmI();
    assert.ok(identities.some(({ scheme, user }) => scheme === 'digest' && user === 'ann'));
    assert.deepEqual(await zk.ephemerals('/'), ['/e']);
    assert.equal(await zk.countDescendants('/'), 3);
    assert.equal((await zk.config()).servers.size, 3);
    const [got] = await zk.multiRead([{ type: 'get', path: '/e' }]);
    assert.ok(got.type === 'get' && got.stat.ephemeralOwner === zk.sessionId);

    assert.equal(await zk.checkWatches('/e', 'any'), true);
    await watch.close();
    assert.equal(await zk.checkWatches('/e', 'any'), false);
    const { watch: oneShot } = await zk.childrenAndWatch('/c');
    assert.equal(await zk.checkWatches('/c', 'children'), true);
    oneShot[Symbol.dispose]();
    assert.equal(await zk.checkWatches('/c', 'any'), false);

    // The leader takes these away, whichever server the client is at.
    await zk.create('/t', null, { mode: 'persistent-ttl', ttlMs: 300 });
    await zk.delete('/c/x');
    for (const path of ['/c', '/t']) {
      await waitFor(async () => (await zk.exists(path)) === null, { what: `${path} to go` });
    }
  });
});

/** The events up to one of this kind and path. */
async function until(
  watch: PersistentWatch,
  type: PersistentWatchEvent['type'],
  path: string,
): Promise<PersistentWatchEvent[]> {
  const events: PersistentWatchEvent[] = [];
  for await (const event of watch) {
    events.push(event);
    if (event.type === type && event.path === path) return events;
  }
  assert.fail(`ended without ${type} ${path}: ${JSON.stringify(events)}`);
}

/** All nodes below the root → mzxid. */
async function tree(zk: ZooKeeperClient): Promise<Map<string, bigint>> {
  const found = new Map<string, bigint>();
  const { children } = await untilAnswered(() => zk.children('/'));
  for (const name of children) {
    const path = joinPath('/', name);
    const stat = await untilAnswered(() => zk.exists(path));
    if (stat !== null) found.set(path, stat.mzxid);
  }
  return found;
}

function byPath([a]: [string, bigint], [b]: [string, bigint]): number {
  return a < b ? -1 : 1;
}

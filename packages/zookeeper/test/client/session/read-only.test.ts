import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  ApacheNode,
  ApacheZooKeeper,
  FaultProxy,
  fourLetterWord,
  freePort,
  freePorts,
  missingDebianPackage,
  waitFor,
} from '@mpim/testkit';
import { type SessionState, ZooKeeperClient } from '@mpim/zookeeper';
import { ZooKeeperServer } from '@mpim/zookeeper-server';
import { freshPath, stateOf } from '../suite/server-under-test.ts';

const skip = await missingDebianPackage('zookeeper');
/** What every test finds on both servers. */
const KNOWN = '/known';

describe('read-only servers', { skip: skip ?? false }, () => {
  const cleanup = new AsyncDisposableStack();
  let readWrite: ApacheZooKeeper | undefined;
  let isolated: ApacheNode | undefined;
  /** Two clients that had a session with the read-write server before it went, each behind a proxy of its own. */
  const survivors: { proxy: FaultProxy; zk: ZooKeeperClient; ephemeral: string }[] = [];

  before(async () => {
    readWrite = cleanup.use(
      await ApacheZooKeeper.start({ tickTime: 500, maxSessionTimeout: 60_000 }),
    );
    const [port, ...peers] = await freePorts(7);
    assert.ok(port !== undefined);
    for (let i = 0; i < 2; i++) {
      const proxy = cleanup.use(await FaultProxy.start(readWrite.port));
      const connectString = `${proxy.connectString},127.0.0.1:${port}`;
      const options = { connectString, sessionTimeoutMs: 60_000, readOnly: true };
      const zk = cleanup.use(await ZooKeeperClient.connect(options));
      const ephemeral = freshPath();
      await zk.create(ephemeral, 'here', { mode: 'ephemeral' });
      survivors.push({ proxy, zk, ephemeral });
    }
    await survivors[0]?.zk.create(KNOWN, 'here');
    for (const { proxy } of survivors) proxy.refuse();
    await readWrite.kill();
    // One that never finds the others of its ensemble, and has their data.
    const settings: Record<string, string> = {};
    for (let id = 1; id <= 3; id++) {
      settings[`server.${id}`] = `127.0.0.1:${peers[2 * id - 2]}:${peers[2 * id - 1]}`;
    }
    isolated = cleanup.use(
      await ApacheNode.launch({
        id: 1,
        port,
        settings: { initLimit: 10, syncLimit: 4, localSessionsEnabled: true, ...settings },
        java: ['-Xmx128m', '-Dreadonlymode.enabled=true'],
        dataFrom: readWrite.dataDir,
      }),
    );
    await Promise.all([readWrite.restart(), isolated.servingReadOnly()]);
  });
  after(() => cleanup[Symbol.asyncDispose]());

  function survivor(index: number) {
    const found = survivors[index];
    assert.ok(found !== undefined);
    return found;
  }

  /** The read-write server behind a proxy, which stands for the rest of an ensemble, and the isolated one. */
  async function start() {
    assert.ok(readWrite !== undefined && isolated !== undefined);
    const proxy = await FaultProxy.start(readWrite.port);
    const connectString = `${proxy.connectString},${isolated.connectString}`;
    return { proxy, connectString, [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose]() };
  }

  it('serve reads and refuse writes until another one is found, and the session goes on there', async () => {
    const { zk, proxy, ephemeral } = survivor(0);
    const id = zk.sessionId;
    await stateOf(zk, 'read-only');
    assert.ok(zk.state.kind === 'read-only');
    assert.notEqual(zk.state.sessionId, id);
    assert.equal(zk.sessionId, id);
    assert.equal(zk.state.host, isolated?.connectString);
    assert.equal((await zk.get(ephemeral)).stat.ephemeralOwner, id);
    const { watch } = await zk.getAndWatch(ephemeral);
    const stays = await zk.watch(ephemeral);
    await assert.rejects(zk.set(ephemeral, 'x'), {
      code: 'NOT_READ_ONLY',
      path: ephemeral,
      retryable: true,
      sent: false,
    });
    await assert.rejects(zk.create(freshPath(), null, { mode: 'ephemeral' }), {
      code: 'NOT_READ_ONLY',
    });
    const states = collectStates(zk);

    // Reads go on while it moves, and none of them fails.
    let moved = false;
    const reading = (async () => {
      while (!moved) await Promise.all(Array.from({ length: 20 }, () => zk.get(ephemeral)));
    })();
    proxy.heal();
    await stateOf(zk, 'connected');
    moved = true;
    await reading;
    assert.equal(zk.sessionId, id);
    assert.equal((await zk.get(ephemeral)).stat.ephemeralOwner, id);
    await zk.set(ephemeral, 'changed');
    assert.equal((await watch.event).type, 'changed');
    for await (const event of stays) if (event.type === 'changed') break;
    assert.deepEqual(states, ['connected']);

    // The connection it has moved to is watched over like any other.
    proxy.cut();
    await stateOf(zk, 'suspended');
    await stateOf(zk, 'connected');
    await zk.set(ephemeral, 'and again');
    assert.equal(zk.sessionId, id);
  });

  it('are left for a host that is named later, when they are the only one so far', async () => {
    await using both = await start();
    assert.ok(isolated !== undefined);
    const { connectString } = isolated;
    await using zk = await ZooKeeperClient.connect({ connectString, readOnly: true });
    await stateOf(zk, 'read-only');
    const host = both.proxy.connectString;
    zk.useHosts(host);
    await stateOf(zk, 'connected');
    assert.deepEqual(zk.state, { kind: 'connected', sessionId: zk.sessionId, host });
    await zk.set(KNOWN, 'here');
  });

  it('will do for the first session, which is none until another one is found', async () => {
    await using ensemble = await start();
    const { connectString } = ensemble;
    ensemble.proxy.refuse();
    await using zk = await ZooKeeperClient.connect({ connectString, readOnly: true });
    const states = collectStates(zk);
    const sessions: unknown[] = [];
    zk.on('session', (session) => sessions.push(session));
    assert.equal(zk.state.kind, 'read-only');
    assert.equal(zk.sessionId, 0n);
    assert.equal((await zk.get(KNOWN)).data?.toString(), 'here');
    const path = freshPath();
    const { watch } = await zk.existsAndWatch(path);
    ensemble.proxy.heal();
    await stateOf(zk, 'connected');
    assert.notEqual(zk.sessionId, 0n);
    const { stat } = await zk.create(path, null, { mode: 'ephemeral' });
    assert.equal(stat.ephemeralOwner, zk.sessionId);
    assert.equal((await watch.event).type, 'created');
    assert.deepEqual(sessions, [{ id: zk.sessionId, renewed: false }]);
    assert.deepEqual(states, ['connected']);
  });

  it('cannot know that a session is gone, the one found later does', async () => {
    const { zk, proxy, ephemeral } = survivor(1);
    await stateOf(zk, 'read-only');
    const { watch } = await zk.getAndWatch(ephemeral);
    const connectString = `127.0.0.1:${readWrite?.port}`;
    const session = zk.sessionCredentials;
    const other = await ZooKeeperClient.connect({ connectString, session });
    await other.close();
    assert.equal((await zk.get(ephemeral)).stat.ephemeralOwner, session.id);
    proxy.heal();
    await stateOf(zk, 'expired');
    assert.equal((await watch.event).type, 'lost');
  });

  it('are passed over without the option', async () => {
    await using ensemble = await start();
    const { connectString } = ensemble;
    ensemble.proxy.refuse();
    const connecting = ZooKeeperClient.connect({ connectString, connectTimeoutMs: 500 });
    await assert.rejects(connecting, { code: 'CONNECT_TIMEOUT', message: /not serving/ });
    ensemble.proxy.heal();
    await using zk = await ZooKeeperClient.connect({ connectString });
    assert.equal(zk.state.kind, 'connected');
  });

  it('let go of a client that closes, and of one that looks for others', async () => {
    assert.ok(isolated !== undefined);
    const nowhere = `127.0.0.1:${await freePort()}`;
    const connectString = `${isolated.connectString},${nowhere}`;
    const zk = await ZooKeeperClient.connect({ connectString, readOnly: true });
    const before = zk.get(KNOWN);
    const began = performance.now();
    await zk.close();
    assert.equal((await before).data?.toString(), 'here');
    assert.ok(performance.now() - began < 2500);
    assert.equal(zk.state.kind, 'closed');
  });
});

describe('a client that reads would do for', () => {
  it('keeps its one session when a server that takes writes hangs up on it', async () => {
    await using server = await ZooKeeperServer.start({ fourLetterWordWhitelist: ['dump'] });
    await using proxy = await FaultProxy.start(server.port);
    await using zk = await ZooKeeperClient.connect({
      connectString: proxy.connectString,
      readOnly: true,
    });
    const states = collectStates(zk);
    const id = zk.sessionId;
    for (const bytes of [0, 10, 40]) {
      proxy.cut();
      await stateOf(zk, 'suspended');
      proxy.cutAfter(bytes, 'to-client');
      await zk.exists('/');
    }
    assert.equal(zk.sessionId, id);
    assert.deepEqual(states, Array(3).fill(['suspended', 'connected']).flat());
    // What it opened to see whether the server is read-only is gone again.
    await waitFor(async () => {
      const sessions =
        (await fourLetterWord(server.port, 'dump')).match(/^\s*0x[0-9a-f]+$/gm) ?? [];
      return new Set(sessions.map((each) => each.trim())).size === 1;
    });
  });
});

function collectStates(zk: ZooKeeperClient): SessionState['kind'][] {
  const states: SessionState['kind'][] = [];
  zk.on('state', (state) => states.push(state.kind));
  return states;
}

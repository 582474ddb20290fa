import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import {
  ApacheEnsemble,
  ApacheNode,
  freePorts,
  missingDebianPackage,
  waitFor,
} from '@mpim/testkit';
import { ZooKeeperClient } from '@mpim/zookeeper';
import { connectToFreshTree, stateOf } from './suite/server-under-test.ts';
import { whileRunning } from './suite/while-running.ts';

const skip = await missingDebianPackage('zookeeper');
/** The longest that servers with a tick of 500 ms grant. */
const LONG_SESSION_MS = 10_000;

describe('a read-only client of an ensemble that loses its quorum', { skip: skip ?? false }, () => {
  const ensemble = whileRunning(() =>
    ApacheEnsemble.start({
      settings: { localSessionsEnabled: true, localSessionsUpgradingEnabled: true },
      java: ['-Dreadonlymode.enabled=true'],
    }),
  );

  it('reads on, and is back in its session with the quorum', async () => {
    const options = { sessionTimeoutMs: LONG_SESSION_MS, readOnly: true };
    await using zk = await connectToFreshTree(ensemble(), options);
    await zk.create('/ephemeral', 'here', { mode: 'ephemeral' });
    const id = zk.sessionId;
    const gone = await ensemble().followers();
    const [left] = ensemble().nodes.filter((node) => !gone.includes(node));
    assert.ok(left !== undefined);
    await Promise.all(gone.map((node) => node.kill()));
    await left.servingReadOnly();
    await stateOf(zk, 'read-only');
    assert.equal((await zk.get('/ephemeral')).data?.toString(), 'here');
    const { watch } = await zk.getAndWatch('/ephemeral');
    await assert.rejects(zk.set('/ephemeral', 'x'), { code: 'NOT_READ_ONLY' });

    // One that has never seen more than this, and one that reads would not do for.
    const { chroot } = zk;
    const late = { connectString: `${ensemble().connectString}${chroot}` };
    await using reader = await ZooKeeperClient.connect({ ...late, readOnly: true });
    assert.deepEqual([reader.state.kind, reader.sessionId], ['read-only', 0n]);
    assert.equal((await reader.get('/ephemeral')).data?.toString(), 'here');
    const opened = once(reader, 'session');
    const refused = ZooKeeperClient.connect({ ...late, connectTimeoutMs: 1500 });
    await assert.rejects(refused, {
      code: 'CONNECT_TIMEOUT',
      message: /closed during the handshake/,
    });

    await Promise.all(gone.map((node) => node.restart()));
    await stateOf(zk, 'connected');
    assert.equal(zk.sessionId, id);
    assert.equal((await zk.get('/ephemeral')).stat.ephemeralOwner, id);
    await zk.set('/ephemeral', 'there');
    assert.equal((await watch.event).type, 'changed');
    assert.deepEqual(await opened, [{ id: reader.sessionId, renewed: false }]);
  });
});

/** A server that is none of the ensemble's yet, and the entry with which it can join. */
async function newcomer(id: number, members: ReadonlyMap<string, string>) {
  const [port, peerPort, electionPort] = await freePorts(3);
  assert.ok(port !== undefined);
  const peer = `127.0.0.1:${peerPort}:${electionPort}`;
  const client = `127.0.0.1:${port}`;
  const others = [...members].map(([each, value]) => [`server.${each}`, value] as const);
  const node = await ApacheNode.launch({
    id,
    port,
    settings: {
      initLimit: 10,
      syncLimit: 4,
      ...RECONFIGURABLE,
      ...Object.fromEntries(others),
      // It knows the others, and becomes one of them when they take it.
      [`server.${id}`]: `${peer}:observer;${client}`,
    },
    java: ['-Xmx128m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'],
  });
  return { node, entry: `server.${id}=${peer}:participant;${client}` };
}

const RECONFIGURABLE = { reconfigEnabled: true, standaloneEnabled: false };

describe('reconfigure', { skip: skip ?? false }, () => {
  it('lets a member join and leave while clients go on', async () => {
    await using ensemble = await ApacheEnsemble.start({ settings: RECONFIGURABLE });
    await using zk = await connectToFreshTree(ensemble, { sessionTimeoutMs: LONG_SESSION_MS });
    const first = await zk.config();
    assert.deepEqual([...first.servers.keys()].sort(), ['1', '2', '3']);
    await assert.rejects(zk.reconfigure({ leaving: ['3'] }), { code: 'NO_AUTH' });
    await zk.addAuth('digest', 'super:test');

    const { node, entry } = await newcomer(4, first.servers);
    await using fourth = node;
    const joined = await zk.reconfigure({ joining: [entry], fromVersion: first.version ?? -1n });
    assert.deepEqual([...joined.servers.keys()].sort(), ['1', '2', '3', '4']);
    assert.ok(joined.version !== null && first.version !== null && joined.version > first.version);
    await fourth.serving();
    await zk.create('/x', 'for all');
    {
      const connectString = `${fourth.connectString}${zk.chroot}`;
      await using there = await ZooKeeperClient.connect({ connectString });
      await there.sync('/');
      assert.equal((await there.get('/x')).data?.toString(), 'for all');
    }
    const stale = zk.reconfigure({ leaving: ['4'], fromVersion: first.version });
    await assert.rejects(stale, { code: 'BAD_VERSION' });

    const left = await zk.reconfigure({ leaving: ['4'] });
    assert.deepEqual([...left.servers.keys()].sort(), ['1', '2', '3']);
    await waitFor(async () => (await zk.config()).servers.size === 3);
    await assert.rejects(zk.reconfigure({ joining: ['nonsense'] }), { code: 'BAD_ARGUMENTS' });
  });

  it('is followed by clients that asked for it: to whom has joined, away from whom has left', async () => {
    await using ensemble = await ApacheEnsemble.start({ settings: RECONFIGURABLE });
    const [one] = ensemble.nodes;
    assert.ok(one !== undefined);
    await using admin = await connectToFreshTree(ensemble, { sessionTimeoutMs: LONG_SESSION_MS });
    await admin.addAuth('digest', 'super:test');
    // It knows one of the servers, and that below a chroot.
    const options = { sessionTimeoutMs: LONG_SESSION_MS, followEnsemble: true };
    await using zk = await connectToFreshTree(one, options);
    const { path } = await zk.create('/ephemeral', null, { mode: 'ephemeral' });
    const seen: string[] = [];
    zk.on('hosts', (hosts) => seen.push(hosts.split(',').sort().join()));
    const hostsOf = (nodes: readonly ApacheNode[]) =>
      nodes
        .map((each) => each.connectString)
        .sort()
        .join();
    const knows = (nodes: readonly ApacheNode[]) => waitFor(() => seen.at(-1) === hostsOf(nodes));

    // Members that have clientPort elsewhere are not named to clients.
    const { servers } = await zk.config();
    assert.deepEqual(seen, []);
    const entries = ensemble.nodes.map(
      (node, at) => `server.${at + 1}=${servers.get(String(at + 1))};${node.connectString}`,
    );
    await admin.reconfigure({ joining: entries });
    await knows(ensemble.nodes);
    const { node, entry } = await newcomer(4, (await admin.config()).servers);
    await using fourth = node;
    await admin.reconfigure({ joining: [entry] });
    await knows([...ensemble.nodes, fourth]);
    await fourth.serving();

    await admin.reconfigure({ leaving: ['1'] });
    const rest = [...ensemble.nodes.slice(1), fourth];
    await knows(rest);
    await one.kill();
    await waitFor(
      () =>
        zk.state.kind === 'connected' &&
        rest.map((each) => each.connectString).includes(zk.state.host),
    );
    assert.equal((await zk.exists(path))?.ephemeralOwner, zk.sessionId);
  });
});

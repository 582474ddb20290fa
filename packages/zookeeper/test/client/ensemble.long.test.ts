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

describe('reconfigure', { skip: skip ?? false }, () => {
  it('lets a member join and leave while clients go on', async () => {
    await using ensemble = await ApacheEnsemble.start({
      settings: { reconfigEnabled: true, standaloneEnabled: false },
    });
    await using zk = await connectToFreshTree(ensemble, { sessionTimeoutMs: LONG_SESSION_MS });
    const first = await zk.config();
    assert.deepEqual([...first.servers.keys()].sort(), ['1', '2', '3']);
    await assert.rejects(zk.reconfigure({ leaving: ['3'] }), { code: 'NO_AUTH' });
    await zk.addAuth('digest', 'super:test');

    const [port, peerPort, electionPort] = await freePorts(3);
    assert.ok(port !== undefined);
    const entry = `server.4=127.0.0.1:${peerPort}:${electionPort}:participant;127.0.0.1:${port}`;
    const [key, value] = entry.split('=') as [string, string];
    const members = [...first.servers].map(([id, each]) => [`server.${id}`, each] as const);
    await using fourth = await ApacheNode.launch({
      id: 4,
      port,
      settings: {
        initLimit: 10,
        syncLimit: 4,
        reconfigEnabled: true,
        standaloneEnabled: false,
        ...Object.fromEntries(members),
        // It knows the others, and becomes one of them when they take it.
        [key]: value.replace(':participant', ':observer'),
      },
      java: ['-Xmx128m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'],
    });
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
});

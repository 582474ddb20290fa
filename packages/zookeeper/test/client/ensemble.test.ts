import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ApacheEnsemble, missingDebianPackage, waitFor } from '@mpim/testkit';
import { keepsItsPromises } from './suite/fault-grid.ts';
import { links } from './suite/links.ts';
import { operations } from './suite/operations.ts';
import { serverOf } from './suite/server-of.ts';
import { connectToFreshTree, SHORT_SESSION_MS, stateOf } from './suite/server-under-test.ts';
import { sessions } from './suite/sessions.ts';
import { watches } from './suite/watches.ts';
import { once, whileRunning } from './suite/while-running.ts';

const skip = await missingDebianPackage('zookeeper');
/** The longest that servers with a tick of 500 ms grant: elections must not end it. */
const LONG_SESSION_MS = 10_000;

describe('client against an Apache ZooKeeper ensemble', { skip: skip ?? false }, () => {
  const ensemble = whileRunning(() => ApacheEnsemble.start({ nodes: 3 }));
  const oneFollower = once(async () => (await ensemble().followers())[0]);

  describe('a follower', { concurrency: true }, () => {
    operations(oneFollower);
    watches(oneFollower);
    sessions(oneFollower);
    links(oneFollower);
  });

  it('keeps its session when the leader is killed', async () => {
    await using zk = await connectToFreshTree(ensemble(), { sessionTimeoutMs: LONG_SESSION_MS });
    await keepsItsPromises(zk, async () => {
      const leader = await ensemble().leader();
      await leader.kill();
      await ensemble().leader();
      await zk.exists('/');
      await leader.restart();
    });
  });

  it('moves to another server when its own is killed', async () => {
    await using zk = await connectToFreshTree(ensemble(), { sessionTimeoutMs: LONG_SESSION_MS });
    await keepsItsPromises(zk, async () => {
      const own = serverOf(ensemble(), zk);
      await own.kill();
      await waitFor(() => zk.state.kind === 'connected' && serverOf(ensemble(), zk) !== own);
      await own.restart();
    });
  });

  it('moves to another server when its own is stalled for longer than the session', async () => {
    const sessionTimeoutMs = 3 * SHORT_SESSION_MS;
    await using zk = await connectToFreshTree(ensemble(), { sessionTimeoutMs });
    await keepsItsPromises(zk, async () => {
      const own = serverOf(ensemble(), zk);
      const until = performance.now() + sessionTimeoutMs;
      own.pause();
      try {
        await waitFor(() => zk.state.kind === 'connected' && serverOf(ensemble(), zk) !== own);
        await waitFor(() => performance.now() > until);
      } finally {
        own.resume();
      }
      // A leader that was stalled goes on for a moment as if it still were one.
      await waitFor(async () => (await ensemble().followers()).length === 2);
    });
  });

  it('waits while the quorum is lost, and goes on when it is regained', async () => {
    await using zk = await connectToFreshTree(ensemble(), { sessionTimeoutMs: LONG_SESSION_MS });
    await keepsItsPromises(zk, async () => {
      const gone = await ensemble().followers();
      await Promise.all(gone.map((node) => node.kill()));
      await stateOf(zk, 'suspended');
      await ensemble().quorumLost();
      const waiting = zk.get('/');
      await Promise.all(gone.map((node) => node.restart()));
      await waiting;
    });
  });

  it('expires when all servers are stalled for longer than the session', async () => {
    await using zk = await connectToFreshTree(ensemble(), { sessionTimeoutMs: SHORT_SESSION_MS });
    await zk.create('/ephemeral', null, { mode: 'ephemeral' });
    const { watch } = await zk.getAndWatch('/ephemeral');
    for (const node of ensemble().nodes) node.pause();
    try {
      await stateOf(zk, 'expired');
    } finally {
      for (const node of ensemble().nodes) node.resume();
    }
    assert.equal((await watch.event).type, 'lost');
    await assert.rejects(zk.get('/'), { code: 'SESSION_EXPIRED', sent: false });
    await ensemble().leader();
    const connectString = `${ensemble().connectString}${zk.chroot}`;
    await using next = await connectToFreshTree({ connectString });
    await waitFor(async () => (await next.exists('/')) !== null);
  });
});

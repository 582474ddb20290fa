import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ApacheZooKeeper, missingDebianPackage } from '@mpim/testkit';
import { following } from './suite/following.ts';
import { operations } from './suite/operations.ts';
import { persistentWatches } from './suite/persistent-watches.ts';
import { rearming } from './suite/rearming.ts';
import { serverOperations, standaloneConfig } from './suite/server-operations.ts';
import {
  connect,
  connectToFreshTree,
  SHORT_SESSION_MS,
  stateOf,
  TICK_MS,
} from './suite/server-under-test.ts';
import { sessions } from './suite/sessions.ts';
import { views } from './suite/views.ts';
import { watches } from './suite/watches.ts';
import { whileRunning } from './suite/while-running.ts';

const skip = await missingDebianPackage('zookeeper');

describe('client against Apache ZooKeeper', { skip: skip ?? false }, () => {
  const server = whileRunning(() => ApacheZooKeeper.start({ tickTime: TICK_MS }));

  // Together, as most of it is waiting.
  describe('suite', { concurrency: true }, () => {
    operations(server);
    watches(server);
    sessions(server);
  });
  persistentWatches(server);
  rearming(server);
  serverOperations(server);
  standaloneConfig(server);
  views(server);
  following(server);

  it('notices a server that is stopped, and comes back to it', async () => {
    await using zk = await connect(server(), { sessionTimeoutMs: 1.5 * SHORT_SESSION_MS });
    const id = zk.sessionId;
    server().pause();
    await stateOf(zk, 'suspended');
    server().resume();
    await stateOf(zk, 'connected');
    assert.equal(zk.sessionId, id);
  });

  it('is told that servers before 3.9 do not know which watches stay', async () => {
    await using zk = await connectToFreshTree(server());
    await using _watch = await zk.watch('/');
    assert.equal(await zk.checkWatches('/', 'any'), true);
    for (const kind of ['persistent', 'persistent-recursive'] as const) {
      const unknown = { code: 'MARSHALLING_ERROR', path: '/', sent: false, message: /too old/ };
      await assert.rejects(zk.checkWatches('/', kind), unknown);
    }
    assert.equal(zk.stats.connections, 1);
  });

  it('closes although the server is stopped', async () => {
    const zk = await connect(server());
    server().pause();
    try {
      const began = performance.now();
      await zk.close();
      assert.ok(performance.now() - began < 4000);
      assert.equal(zk.state.kind, 'closed');
    } finally {
      server().resume();
    }
  });

  it('keeps its session over a crash and restart of the server', async () => {
    await using zk = await connectToFreshTree(server(), { sessionTimeoutMs: 10_000 });
    await zk.create('/e', null, { mode: 'ephemeral' });
    const { watch } = await zk.getAndWatch('/e');
    const id = zk.sessionId;
    await server().restart();
    assert.equal((await zk.get('/e')).stat.ephemeralOwner, id);
    await zk.set('/e', 'x');
    assert.equal((await watch.event).type, 'changed');
  });
});

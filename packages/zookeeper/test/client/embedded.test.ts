import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ZooKeeperServer } from '@mpim/zookeeper-server';
import { following } from './suite/following.ts';
import { operations } from './suite/operations.ts';
import { persistentWatches } from './suite/persistent-watches.ts';
import { rearming } from './suite/rearming.ts';
import { serverOperations, standaloneConfig } from './suite/server-operations.ts';
import { connect, connectToFreshTree, stateOf, TICK_MS } from './suite/server-under-test.ts';
import { sessions } from './suite/sessions.ts';
import { views } from './suite/views.ts';
import { watches } from './suite/watches.ts';
import { whileRunning } from './suite/while-running.ts';

const settings = {
  tickTimeMs: TICK_MS,
  extendedTypes: true,
  maxClientConnections: 0,
  fourLetterWordWhitelist: ['*'],
  // super:test
  superDigest: 'super:D/InIHSb7yEEbrWz8b9l71RjZJU=',
};

describe('client against the embedded server', () => {
  const server = whileRunning(() => ZooKeeperServer.start(settings));

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

  it('comes back when the server drops its connections', async () => {
    await using zk = await connect(server());
    const id = zk.sessionId;
    server().dropConnections();
    await stateOf(zk, 'suspended');
    await zk.exists('/');
    assert.equal(zk.sessionId, id);
  });

  it('stops waiting for an identity when told, and shows it all the same', async () => {
    await using quiet = await ZooKeeperServer.start(settings);
    await using zk = await connect(quiet);
    quiet.pause();
    const timedOut = { code: 'OPERATION_TIMEOUT', sent: true };
    await assert.rejects(zk.addAuth('digest', 'ann:secret', { timeoutMs: 20 }), timedOut);
    const controller = new AbortController();
    const aborted = zk.addAuth('digest', 'bob:secret', { signal: controller.signal });
    controller.abort();
    await assert.rejects(aborted, { name: 'AbortError' });
    const never = zk.addAuth('digest', 'eve:secret', { signal: controller.signal });
    await assert.rejects(never, { name: 'AbortError' });
    quiet.resume();
    const names = (await zk.whoAmI()).map(({ user }) => user);
    assert.ok(names.includes('ann') && names.includes('bob') && !names.includes('eve'), `${names}`);
  });

  it('is told which of the watches that the server keeps stay', async () => {
    await using zk = await connectToFreshTree(server());
    const kinds = ['data', 'children', 'persistent', 'persistent-recursive', 'any'] as const;
    const kept = async () => {
      const answers = await Promise.all(kinds.map((kind) => zk.checkWatches('/', kind)));
      return kinds.filter((_, at) => answers[at]);
    };
    assert.deepEqual(await kept(), []);
    {
      await using _watch = await zk.watch('/');
      assert.deepEqual(await kept(), ['persistent', 'any']);
      using _once = (await zk.getAndWatch('/')).watch;
      assert.deepEqual(await kept(), ['data', 'persistent', 'any']);
    }
    assert.deepEqual(await kept(), []);
    await using _tree = await zk.watch('/', { recursive: true });
    assert.deepEqual(await kept(), ['persistent-recursive', 'any']);
  });

  it('hears from the server that its session has expired', async () => {
    await using zk = await connectToFreshTree(server());
    const { watch } = await zk.getAndWatch('/');
    server().expireSession(zk.sessionId);
    await stateOf(zk, 'expired');
    assert.equal((await watch.event).type, 'lost');
  });

  it('gets a new session from a server that was restarted empty', async () => {
    const first = await ZooKeeperServer.start(settings);
    await using zk = await connect(first, { renewExpiredSession: true });
    const before = zk.sessionId;
    await zk.create('/a', null);
    const { port } = first;
    await first.stop();
    await using _second = await ZooKeeperServer.start({ ...settings, port });
    await stateOf(zk, 'expired');
    assert.equal(await zk.exists('/a'), null);
    assert.notEqual(zk.sessionId, before);
  });
});

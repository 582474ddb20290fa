import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ApacheEnsemble } from '../src/apache-ensemble.ts';
import { missingDebianPackage } from '../src/debian-package.ts';
import { waitFor } from '../src/wait-for.ts';

const skip = await missingDebianPackage('zookeeper');

describe('an ensemble of three', { skip: skip ?? false }, () => {
  test('elects another leader, loses its quorum and regains it', async () => {
    await using ensemble = await ApacheEnsemble.start({ nodes: 3 });
    assert.equal(ensemble.connectString.split(',').length, 3);
    const first = await ensemble.leader();
    assert.equal((await ensemble.followers()).length, 2);

    await first.kill();
    const second = await ensemble.leader();
    assert.notEqual(second.port, first.port);
    assert.equal((await ensemble.followers()).length, 1);

    const [follower] = await ensemble.followers();
    await follower?.kill();
    await ensemble.quorumLost();

    await first.restart();
    await follower?.restart();
    assert.equal((await ensemble.followers()).length, 2);
  });

  test('replaces a leader that is stalled, and takes it back as a follower', async () => {
    await using ensemble = await ApacheEnsemble.start({ nodes: 3 });
    const stalled = await ensemble.leader();
    const another = async () => (await ensemble.leader()).port !== stalled.port;
    // It may still answer for a moment after either signal.
    stalled.pause();
    await waitFor(another, { timeoutMs: 30_000, what: 'another leader' });
    stalled.resume();
    await stalled.serving();
    await waitFor(another, { timeoutMs: 30_000, what: 'the stalled one to follow' });
  });
});

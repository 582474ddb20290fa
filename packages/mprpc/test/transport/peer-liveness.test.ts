import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PeerLiveness } from '../../src/transport/peer-liveness.ts';

describe('PeerLiveness', () => {
  it('pings after one silent interval and gives up after the next', () => {
    const liveness = new PeerLiveness();
    assert.deepEqual(
      [0, 0, 0].map((buffered) => liveness.check(buffered)),
      ['alive', 'ping', 'silent'],
    );
    assert.equal(liveness.wasHeard, false);
  });

  it('takes whatever arrives for life, whoever asks first', () => {
    const liveness = new PeerLiveness();
    liveness.check(0);
    liveness.probe();
    liveness.heard();
    assert.equal(liveness.probe(), 0);
    assert.equal(liveness.wasHeard, true);
    assert.deepEqual([liveness.check(0), liveness.check(0)], ['alive', 'ping']);
    liveness.heard();
    assert.deepEqual(
      [liveness.check(0), liveness.check(0), liveness.check(0)],
      ['alive', 'ping', 'silent'],
    );
  });

  it('takes reading for life: what waits becomes less', () => {
    const liveness = new PeerLiveness();
    liveness.check(0);
    assert.equal(liveness.check(900), 'ping');
    assert.equal(liveness.check(800), 'alive');
    assert.equal(liveness.check(800), 'ping');
    assert.equal(liveness.check(800), 'silent');
  });

  it('counts silent probes in a row', () => {
    const liveness = new PeerLiveness();
    assert.deepEqual([liveness.probe(), liveness.probe(), liveness.probe()], [0, 1, 2]);
    liveness.heard();
    assert.deepEqual([liveness.probe(), liveness.probe()], [0, 1]);
  });
});

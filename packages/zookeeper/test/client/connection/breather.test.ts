import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ZooKeeperServer } from '@mpim/zookeeper-server';
import type { Clock } from '../../../src/client/clock.ts';
import { Breather } from '../../../src/client/connection/breather.ts';
import { tcpTransport } from '../../../src/client/connection/transport.ts';
import { connect } from '../suite/server-under-test.ts';

/** A clock whose timers fire when told. */
function manualClock(): Clock & { fire(): void } {
  const due = new Set<() => void>();
  return {
    now: () => 0,
    monotonic: () => 0,
    setTimeout(callback) {
      due.add(callback);
      return { cancel: () => due.delete(callback) };
    },
    fire() {
      for (const callback of due) {
        due.delete(callback);
        callback();
      }
    },
  };
}

describe('a breather', () => {
  it('rests once while many requests are under way, and resumes when time is up', () => {
    const said: string[] = [];
    const clock = manualClock();
    const breather = new Breather(clock, {
      rest: () => said.push('rest'),
      resume: () => said.push('resume'),
    });
    breather.answered(1, 31); // too few left for the server
    breather.answered(60, 100); // it is quick
    assert.deepEqual(said, []);
    breather.answered(3, 97);
    breather.answered(3, 94);
    assert.equal(breather.resting, true);
    clock.fire();
    assert.equal(breather.resting, false);
    assert.deepEqual(said, ['rest', 'resume']);

    breather.answered(3, 97);
    breather.stop();
    clock.fire();
    assert.deepEqual(said, ['rest', 'resume', 'rest']);
  });

  it('keeps the order of calls and loses none, and makes reads and writes few', async () => {
    await using server = await ZooKeeperServer.start();
    const tcp = tcpTransport(Math.random);
    let writes = 0;
    let rests = 0;
    await using zk = await connect(server, {
      transport: {
        connect(host, handlers) {
          const socket = tcp.connect(host, handlers);
          return {
            ...socket,
            write(chunk) {
              writes += 1;
              socket.write(chunk);
            },
            pause() {
              rests += 1;
              socket.pause();
            },
          };
        },
      },
    });
    await zk.create('/n', null);
    let calls = 0;
    const versions: number[] = [];
    const caller = async () => {
      while (calls < 20_000) {
        calls += 1;
        versions.push((await zk.set('/n', `${calls}`)).version);
      }
    };
    await Promise.all(Array.from({ length: 1000 }, caller));
    assert.deepEqual(
      versions,
      versions.map((_, index) => index + 1),
    );
    assert.ok(versions.length >= 20_000);
    assert.ok(writes < versions.length / 10, `${writes} writes`);
    assert.ok(rests > 0, 'it has rested');
  });
});

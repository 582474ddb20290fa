import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CircuitBreaker, circuitBreaker, RpcError } from '../../src/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { connect, startProvider } from '../support/test-service.ts';

function run(breaker: CircuitBreaker, ok: number, failed: number): void {
  for (let i = 0; i < ok + failed; i++) if (breaker.allow()) breaker.record(i < ok);
}

/** Read anew: the compiler takes a property that was compared for unchanged. */
const kind = (breaker: CircuitBreaker): string => breaker.state.kind;

describe('CircuitBreaker', () => {
  test('opens at half of at least 200 calls within ten seconds', () => {
    const clock = new ManualClock();
    const few = new CircuitBreaker({}, clock);
    run(few, 0, 199);
    assert.equal(few.state.kind, 'closed');
    run(few, 0, 1);
    assert.equal(few.state.kind, 'open');
    const mixed = new CircuitBreaker({}, clock);
    run(mixed, 300, 290);
    assert.equal(mixed.state.kind, 'closed');
    const slow = new CircuitBreaker({}, clock);
    for (let i = 0; i < 40; i++) {
      run(slow, 0, 15);
      clock.advance(1000);
    }
    assert.equal(slow.state.kind, 'closed', '150 in any ten seconds');
  });

  test('after ten seconds one call at a time probes; five good ones close it, a bad one opens it again', () => {
    const clock = new ManualClock();
    const breaker = new CircuitBreaker({}, clock);
    run(breaker, 0, 200);
    clock.advance(9_999);
    assert.equal(breaker.allow(), false);
    clock.advance(1);
    assert.deepEqual([breaker.allow(), breaker.allow()], [true, false]);
    breaker.record(false);
    assert.equal(breaker.state.kind, 'open');
    clock.advance(10_000);
    assert.equal(breaker.allow(), true);
    breaker.forget();
    run(breaker, 5, 0);
    assert.equal(kind(breaker), 'closed');
    run(breaker, 0, 199);
    assert.equal(kind(breaker), 'closed', 'the count begins anew');
  });

  const ways = [
    { name: 'as an option', options: { circuitBreaker: { minCalls: 4 } } },
    { name: 'as an interceptor', options: { interceptors: [circuitBreaker({ minCalls: 4 })] } },
  ];
  for (const { name, options } of ways) {
    test(`${name} it refuses calls without sending them, service by service`, async () => {
      let served = 0;
      await using provider = await startProvider({
        change: () => {
          served++;
          throw new RpcError('INTERNAL', 'broken');
        },
        read: () => {
          throw new RpcError('NOT_FOUND', 'no such thing');
        },
      });
      await using peer = connect([provider.port], options);
      const { client } = peer;
      for (let i = 0; i < 4; i++) await assert.rejects(client.read({}), { code: 'NOT_FOUND' });
      for (let i = 0; i < 4; i++) await assert.rejects(client.change({}), { code: 'INTERNAL' });
      const refused = { code: 'UNAVAILABLE', reason: 'CIRCUIT_OPEN', sent: false };
      await assert.rejects(client.change({}), refused);
      await assert.rejects(client.read({}), refused);
      await assert.rejects(client.read({}, { hedge: { afterMs: 1000 } }), refused);
      assert.equal(served, 4);
      // Calls for one instance pass.
      const instance = `127.0.0.1:${provider.port}`;
      await assert.rejects(client.read({}, { instance }), { code: 'NOT_FOUND' });
      assert.equal(peer.channel.stats.inFlight, 0);
    });
  }

  test('as an option it counts a hedged call as one, and observers hear of what it refuses', async () => {
    const heard: string[] = [];
    await using provider = await startProvider({
      read: () => {
        throw new RpcError('INTERNAL', 'broken');
      },
    });
    await using peer = connect([provider.port], {
      circuitBreaker: { minCalls: 3 },
      observer: () => (code) => heard.push(code),
    });
    const read = () => peer.client.read({}, { hedge: { afterMs: 1000 } });
    for (let i = 0; i < 3; i++) await assert.rejects(read(), { code: 'INTERNAL' });
    await assert.rejects(read(), { reason: 'CIRCUIT_OPEN' });
    await assert.rejects(peer.client.read({}), { reason: 'CIRCUIT_OPEN' });
    assert.deepEqual(heard, ['INTERNAL', 'INTERNAL', 'INTERNAL', 'UNAVAILABLE']);
  });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Histogram, Registry } from 'prom-client';
import { rpcMetrics } from '../../src/index.ts';

const NAME = 'mpim_rpc_server_seconds';
const LABELS = ['rpc_service', 'rpc_method', 'code'] as const;
const BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** What a program reads; calls here have no exemplars. */
async function json(registry: Registry): Promise<unknown> {
  const metrics = await registry.getMetricsAsJSON();
  const text = JSON.stringify(metrics, (key, value) => (key === 'exemplar' ? undefined : value));
  return JSON.parse(text);
}

test('calls are counted as the histogram of prom-client counts them', async () => {
  const call = fc.record({
    method: fc.constantFrom('Login', 'Logout'),
    code: fc.constantFrom('OK', 'UNAVAILABLE', 'INTERNAL'),
    // Powers of two: their sum is the same in any order. And the bounds themselves.
    ms: fc.oneof(
      fc.integer({ min: -4, max: 14 }).map((exponent) => 2 ** exponent),
      fc.constantFrom(0, ...BUCKETS.map((seconds) => seconds * 1000)),
    ),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(call), async (calls) => {
      const [ours, theirs] = [new Registry(), new Registry()];
      const observer = rpcMetrics(ours, 'server');
      const observe = {
        Login: observer({ service: 'UserServiceRpc', method: 'Login', kind: 'unary' }),
        Logout: observer({ service: 'UserServiceRpc', method: 'Logout', kind: 'unary' }),
      };
      const histogram = new Histogram({
        name: NAME,
        help: 'Calls handled here',
        labelNames: LABELS,
        buckets: BUCKETS,
        registers: [theirs],
      });
      for (const { method, code, ms } of calls) {
        observe[method as 'Login'](code as 'OK', ms, { requests: 1, responses: 1 });
        histogram.observe({ rpc_service: 'UserServiceRpc', rpc_method: method, code }, ms / 1000);
      }
      assert.equal(await ours.metrics(), await theirs.metrics());
      assert.deepEqual(await json(ours), await json(theirs));
    }),
    { numRuns: 50 },
  );
});

test('of streams the messages are counted by direction, as each side sees it', async () => {
  for (const [side, sent, received] of [
    ['client', 3, 5],
    ['server', 5, 3],
  ] as const) {
    const registry = new Registry();
    const observer = rpcMetrics(registry, side);
    const observe = observer({ service: 'FeedRpc', method: 'Watch', kind: 'bidirectional' });
    observe('OK', 1000, { requests: 1, responses: 5 });
    observe('CANCELLED', 2000, { requests: 2, responses: 0 });
    const lines = (await registry.metrics()).split('\n');
    const of = `{rpc_service="FeedRpc",rpc_method="Watch",direction=`;
    assert.ok(lines.includes(`mpim_rpc_${side}_messages_total${of}"sent"} ${sent}`), side);
    assert.ok(lines.includes(`mpim_rpc_${side}_messages_total${of}"received"} ${received}`), side);
    const ended = `mpim_rpc_${side}_seconds_sum{rpc_service="FeedRpc",rpc_method="Watch",code=`;
    assert.ok(lines.includes(`${ended}"OK"} 1`), side);
    assert.ok(lines.includes(`${ended}"CANCELLED"} 2`), side);
  }
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReadyMessage } from '@mpim/service-kit';
import { planUp, type UpOptions } from '../../src/up/plan.ts';

const options: UpOptions = {
  dataDir: '/data',
  zookeeperPort: 0,
  gatewayPort: 0,
  logLevel: 'info',
};

function announced(port: number, metadata: Record<string, string> = {}): ReadyMessage {
  return { type: 'ready', instanceId: 'x', host: '127.0.0.1', port, adminPort: 0, metadata };
}

/** The words behind `main.ts`. */
function words(plan: ReturnType<typeof planUp>, name: string, previous?: ReadyMessage): string {
  const spec = plan.stages.flat().find((one) => one.name === name);
  assert.ok(spec, `no ${name}`);
  return spec.args(previous).slice(2).join(' ');
}

test('services are told where the embedded ZooKeeper really listens', () => {
  const plan = planUp(options);
  assert.deepEqual(
    plan.stages.map((stage) => stage.map(({ name }) => name)),
    [['zookeeper'], ['user', 'presence', 'message', 'group', 'gateway']],
  );
  plan.onReady?.('zookeeper', announced(4567));
  assert.match(words(plan, 'user'), /^serve user --zookeeper 127\.0\.0\.1:4567 --data-dir \/data /);
});

test('services are told how long packets may be, if that was said', () => {
  assert.doesNotMatch(words(planUp(options), 'user'), /max-/);
  const limits = { zookeeperMaxPacketBytes: 4096, zookeeperMaxAnswerBytes: 65_536 };
  const told = words(planUp({ ...options, ...limits }), 'user');
  assert.match(told, / --zookeeper-max-packet-bytes 4096 --zookeeper-max-answer-bytes 65536( |$)/);
});

test('a restarted ZooKeeper or gateway keeps the port it had', () => {
  const plan = planUp(options);
  assert.match(words(plan, 'zookeeper'), / --port 0 /);
  assert.match(words(plan, 'zookeeper', announced(4567)), / --port 4567 /);
  assert.match(words(plan, 'gateway'), / --gateway-port 0( |$)/);
  const before = announced(1, { httpPort: '8081' });
  assert.match(words(plan, 'gateway', before), / --gateway-port 8081( |$)/);
});

test('with an ensemble of its own there is no embedded ZooKeeper', () => {
  const plan = planUp({ ...options, zookeeper: 'a:2181,b:2181/mpim' });
  assert.equal(plan.stages.length, 1);
  assert.match(words(plan, 'message'), /^serve message --zookeeper a:2181,b:2181\/mpim /);
});

test('the drain is in the order of the calls, and ends within 12 s', () => {
  const { drain } = planUp(options);
  assert.deepEqual(
    drain.map(({ name }) => name),
    ['gateway', 'message', 'group', 'presence', 'user', 'zookeeper'],
  );
  assert.ok(drain.reduce((sum, { limitMs }) => sum + limitMs, 0) < 12_000);
});

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { temporaryFolder } from '@mpim/testkit';
import { CommandError } from '../../src/command-error.ts';
import { Supervisor } from '../../src/supervisor/supervisor.ts';
import { childSpec } from './specs.ts';

const drain = [
  { name: 'gateway', limitMs: 3_000 },
  { name: 'user', limitMs: 3_000 },
  { name: 'zookeeper', limitMs: 3_000 },
];

test('stages start one after the other and end in the order of the drain', async () => {
  await using folder = await temporaryFolder();
  const order: string[] = [];
  const supervisor = new Supervisor({
    stages: [
      [childSpec(folder.path, 'zookeeper')],
      [childSpec(folder.path, 'user'), childSpec(folder.path, 'gateway')],
    ],
    drain,
    onReady: (name) => order.push(name),
  });
  await supervisor.start();
  assert.equal(order[0], 'zookeeper');
  assert.deepEqual(order.slice(1).sort(), ['gateway', 'user']);
  assert.equal(supervisor.pids.length, 3);

  const ended: string[] = [];
  for (const child of supervisor.children) {
    const { stop } = child;
    child.stop = (limitMs) => {
      ended.push(child.name);
      return stop.call(child, limitMs);
    };
  }
  assert.deepEqual(await supervisor.stop(), []);
  assert.deepEqual(ended, ['gateway', 'user', 'zookeeper']);
  assert.deepEqual(supervisor.pids, []);
});

test('says who died, how, and when it is back', async () => {
  await using folder = await temporaryFolder();
  const supervisor = new Supervisor({ stages: [[childSpec(folder.path, 'user')]], drain });
  await supervisor.start();
  const died = once(supervisor, 'died');
  const back = once(supervisor, 'back');
  process.kill(supervisor.pids[0] ?? 0, 'SIGKILL');
  const [child, death] = await died;
  assert.equal(child.name, 'user');
  assert.equal(death.how, 'signal SIGKILL');
  const [returned, afterMs] = await back;
  assert.equal(returned, child);
  assert.ok(afterMs >= death.restartInMs);
  await supervisor.stop();
});

test('a child that never comes up fails the start with the end of its log', async () => {
  await using folder = await temporaryFolder();
  const supervisor = new Supervisor({
    stages: [[childSpec(folder.path, 'zookeeper')], [childSpec(folder.path, 'user', 'fail')]],
    drain,
  });
  supervisor.on('died', (child) => assert.fail(`${child.name} is no news before it was ready`));
  await assert.rejects(supervisor.start(), (error) => {
    assert.ok(error instanceof CommandError);
    assert.equal(error.code, 'START_FAILED');
    assert.match(error.message, /user did not start in 4 attempts: exit code 3/);
    assert.match(error.message, /user cannot open its database/);
    return true;
  });
  await supervisor.stop();
  assert.deepEqual(supervisor.pids, []);
});

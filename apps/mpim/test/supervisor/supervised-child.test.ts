import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { temporaryFolder, waitFor } from '@mpim/testkit';
import { SupervisedChild } from '../../src/supervisor/supervised-child.ts';
import { childSpec, logOf } from './specs.ts';

test('a child that is killed is started again, knowing what it announced before', async () => {
  await using folder = await temporaryFolder();
  const spec = childSpec(folder.path, 'user');
  const child = new SupervisedChild(spec);
  const first = once(child, 'ready');
  child.start();
  await first;
  const { pid } = child;
  assert.ok(pid);

  const died = once(child, 'died');
  const back = once(child, 'ready');
  process.kill(pid, 'SIGKILL');
  const [death] = await died;
  assert.equal(death.how, 'signal SIGKILL');
  assert.equal(death.pid, pid);
  assert.equal(child.state.kind, 'backing-off');
  const [message] = await back;
  assert.equal(message.port, 7001, 'the second start was told of the first');
  assert.notEqual(child.pid, pid);

  assert.equal(await child.stop(5_000), 'ended');
  assert.equal(child.state.kind, 'stopped');
  assert.equal(logOf(spec), 'user serves\nuser serves\nuser told to end\n');
});

test('a child that ignores SIGTERM is killed after its limit', async () => {
  await using folder = await temporaryFolder();
  const child = new SupervisedChild(childSpec(folder.path, 'stubborn', 'stubborn'));
  child.start();
  await once(child, 'ready');
  assert.equal(await child.stop(50), 'killed');
});

test('a child that waits for its next start can be stopped', async () => {
  await using folder = await temporaryFolder();
  const spec = { ...childSpec(folder.path, 'broken', 'fail'), backOff: { firstMs: 60_000 } };
  const child = new SupervisedChild(spec);
  child.start();
  const [death] = await once(child, 'died');
  assert.equal(death.how, 'exit code 3');
  assert.equal(await child.stop(1_000), 'was not running');
  assert.equal(child.state.kind, 'stopped');
});

test('a program that does not exist counts as a death', async () => {
  await using folder = await temporaryFolder();
  const spec = { ...childSpec(folder.path, 'nobody'), command: `${folder.path}/nothing-here` };
  const child = new SupervisedChild(spec);
  child.start();
  const [death] = await once(child, 'died');
  assert.match(death.how, /could not be started: .*ENOENT/);
  await waitFor(() => child.state.kind === 'backing-off');
  await child.stop(1_000);
});

test('a child that hangs while it starts is killed and started again', async () => {
  await using folder = await temporaryFolder();
  const spec = { ...childSpec(folder.path, 'slow', 'mute'), readyTimeoutMs: 100 };
  const child = new SupervisedChild(spec);
  child.start();
  const [death] = await once(child, 'died');
  assert.equal(death.how, 'signal SIGKILL');
  await waitFor(() => child.state.kind === 'starting');
  assert.equal(await child.stop(5_000), 'ended');
});

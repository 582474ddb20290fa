import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startChild, temporaryFolder } from '@mpim/testkit';
import { InstanceLock } from '../../src/supervisor/instance-lock.ts';

const source = new URL('../../src/supervisor/instance-lock.ts', import.meta.url).href;
const HOLDER = `
  const { InstanceLock } = await import(${JSON.stringify(source)});
  InstanceLock.take(process.argv[1]).record([4242]);
  console.log('holding');
  setInterval(() => {}, 1000);
`;

test('one holder per folder, also when the holder is killed', async () => {
  await using folder = await temporaryFolder();
  await using holder = startChild(process.execPath, [
    '--input-type=module',
    '--eval',
    HOLDER,
    folder.path,
  ]);
  await holder.waitForLine(/holding/);

  assert.throws(
    () => InstanceLock.take(folder.path),
    (error) =>
      error instanceof Error &&
      'code' in error &&
      error.code === 'ALREADY_RUNNING' &&
      error.message.includes(`process ${holder.pid}`) &&
      error.message.includes('--data-dir'),
  );

  holder.kill('SIGKILL');
  await holder.exit;
  const lock = InstanceLock.take(folder.path);
  assert.deepEqual(lock.leftBehind, { supervisor: holder.pid, children: [4242] });
  lock.record([]);
  lock.release();
});

test('a clean end leaves no note, and the folder can be taken again', async () => {
  await using folder = await temporaryFolder();
  const lock = InstanceLock.take(folder.path);
  assert.equal(lock.leftBehind, undefined);
  lock.record([1]);
  lock.release();
  assert.equal(existsSync(join(folder.path, 'mpim.pids.json')), false);
  InstanceLock.take(folder.path).release();
});

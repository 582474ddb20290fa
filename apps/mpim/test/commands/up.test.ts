import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Child, freePort, temporaryFolder, waitFor } from '@mpim/testkit';
import { InstanceLock } from '../../src/supervisor/instance-lock.ts';
import { mpim, startMpim } from '../mpim.ts';

test('a taken port: which one, for what, and the flag that moves it', async () => {
  await using folder = await temporaryFolder();
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(address && typeof address === 'object');
  const taken = String(address.port);
  const base = ['up', '--data-dir', folder.path];

  const gateway = await mpim([...base, '--zookeeper-port', '0', '--gateway-port', taken]);
  assert.equal(gateway.code, 1);
  assert.match(gateway.stderr, new RegExp(`Port ${taken} .*gateway.*--gateway-port`));
  const zookeeper = await mpim([...base, '--zookeeper-port', taken, '--gateway-port', '0']);
  assert.equal(zookeeper.code, 1);
  assert.match(zookeeper.stderr, new RegExp(`Port ${taken} .*ZooKeeper.*--zookeeper-port`));
  server.close();
  await once(server, 'close');
});

test('a data directory that is a file', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'data');
  await writeFile(file, '');
  const { code, stderr } = await mpim(['up', '--data-dir', file]);
  assert.equal(code, 1);
  assert.match(stderr, /is not a directory.*--data-dir/);
});

test('a second instance on the same data directory', async () => {
  await using folder = await temporaryFolder();
  using lock = InstanceLock.take(folder.path);
  lock.record([]);
  const { code, stderr } = await mpim(['up', '--data-dir', folder.path]);
  assert.equal(code, 1);
  assert.match(stderr, new RegExp(`already running on .*process ${process.pid}.*--data-dir`));
});

test('an ensemble that does not answer', async () => {
  await using folder = await temporaryFolder();
  const servers = `127.0.0.1:${await freePort()}`;
  const { code, stderr } = await mpim(['up', '--data-dir', folder.path, '--zookeeper', servers]);
  assert.equal(code, 1);
  assert.match(stderr, new RegExp(`${servers}.*--zookeeper`));
});

/** `mpim up` on free ports, once its screen is complete. */
async function startUp(dataDir: string): Promise<Child> {
  const ports = ['--zookeeper-port', '0', '--gateway-port', '0'];
  const up = startMpim(['up', '--data-dir', dataDir, '--log-level', 'warn', ...ports]);
  await up.waitForLine(/zk --server .* ls \/services$/, 60_000);
  return up;
}

/** The pids that the screen names. */
function pidsOf(up: Child): Map<string, number> {
  const rows = up.stdout.map((line) => /^ {2}(\w+) +127\.0\.0\.1:\d+ .* (\d+)$/.exec(line));
  return new Map(rows.flatMap((row) => (row ? [[row[1] ?? '', Number(row[2])]] : [])));
}

function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
}

test('the whole of it: a dead child returns, a dead supervisor takes all along, Ctrl-C ends cleanly', async () => {
  await using folder = await temporaryFolder();
  {
    await using up = await startUp(folder.path);
    const pids = pidsOf(up);
    assert.deepEqual([...pids.keys()].sort(), [
      'gateway',
      'group',
      'message',
      'presence',
      'user',
      'zookeeper',
    ]);
    process.kill(pids.get('group') ?? 0, 'SIGKILL');
    await up.waitForLine(/group \(process \d+\) died: signal SIGKILL/);
    await up.waitForLine(/group is back/);

    up.kill('SIGKILL');
    await waitFor(() => [...pids.values()].every(isGone), { what: 'the children to end' });
  }
  // At once: what the run before has left behind is waited for.
  await using again = await startUp(folder.path);
  again.kill('SIGINT');
  assert.equal(await again.exit, 0);
  assert.match(again.stdout.at(-1) ?? '', /Stopped\.$/);
  assert.ok([...pidsOf(again).values()].every(isGone));
});

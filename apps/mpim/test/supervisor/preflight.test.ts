import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmod, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { startChild, temporaryFolder } from '@mpim/testkit';
import { checkPort, prepareDataDir, waitUntilGone } from '../../src/supervisor/preflight.ts';

test('a taken port names who wanted it and the flag that moves it', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(address && typeof address === 'object');
  const wanted = { host: '127.0.0.1', what: 'the gateway', flag: '--gateway-port' };
  await assert.rejects(checkPort({ ...wanted, port: address.port }), {
    code: 'PORT_TAKEN',
    message: new RegExp(`Port ${address.port} .*the gateway.* taken.*--gateway-port`),
  });
  server.close();
  await once(server, 'close');
  await checkPort({ ...wanted, port: address.port });
});

test('the data directory is made, or refused with the reason', async () => {
  await using folder = await temporaryFolder();
  prepareDataDir(join(folder.path, 'a', 'b'));
  const file = join(folder.path, 'file');
  await writeFile(file, '');
  for (const path of [file, join(file, 'below')]) {
    assert.throws(() => prepareDataDir(path), {
      code: 'DATA_DIR',
      message: /not a directory.*--data-dir/,
    });
  }
});

test('a folder that cannot be made where the file system is not for files', {
  skip: process.platform !== 'linux' && 'there is no /proc',
}, () => {
  assert.throws(() => prepareDataDir('/proc/mpim/data'), {
    code: 'DATA_DIR',
    message: /\/proc\/mpim\/data cannot be used.*--data-dir/,
  });
});

test('a data directory that is not writable is refused', async () => {
  await using folder = await temporaryFolder();
  await chmod(folder.path, 0o555);
  // The superuser may write everywhere, so it becomes nobody for a moment.
  const root = process.geteuid?.() === 0;
  if (root) process.seteuid?.(65_534);
  try {
    assert.throws(() => prepareDataDir(folder.path), { code: 'DATA_DIR', message: /not writable/ });
  } finally {
    if (root) process.seteuid?.(0);
    await chmod(folder.path, 0o700);
  }
});

test('waits for processes to go, and not for ever', async () => {
  await using child = startChild(process.execPath, ['--eval', 'setInterval(() => {}, 1000)']);
  const before = performance.now();
  await waitUntilGone([child.pid], 60);
  assert.ok(performance.now() - before >= 60);
  child.kill('SIGKILL');
  await child.exit;
  await waitUntilGone([child.pid], 60_000);
});

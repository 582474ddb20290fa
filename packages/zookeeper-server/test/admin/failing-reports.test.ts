import assert from 'node:assert/strict';
import { rmdir } from 'node:fs/promises';
import { test } from 'node:test';
import { fourLetterWord, temporaryFolder } from '@mpim/testkit';
import { ZooKeeperServer } from '@mpim/zookeeper-server';
import { RecordingLogger } from '../support/recording-logger.ts';

test('a report that cannot be made is logged, and the server goes on', async () => {
  const logger = new RecordingLogger();
  await using server = await ZooKeeperServer.start({ logger, fourLetterWordWhitelist: ['*'] });
  await using admin = await server.openAdmin();
  const environment = () => fetch(`http://127.0.0.1:${admin.port}/commands/environment`);
  const usual = process.cwd();
  await using folder = await temporaryFolder('left-behind');
  process.chdir(folder.path);
  try {
    // Whoever stands in a folder that is gone cannot tell where that is.
    await rmdir(folder.path);
    assert.match(await fourLetterWord(server.port, 'envi'), /^envi could not be answered; .*log/);
    assert.equal((await environment()).status, 500);
  } finally {
    process.chdir(usual);
  }
  assert.deepEqual(
    logger.complaints.map(({ facts }) => ({ ...facts, err: (facts as { err: Error }).err.name })),
    [
      { word: 'envi', err: 'Error' },
      { url: '/commands/environment', err: 'Error' },
    ],
  );
  assert.match(await fourLetterWord(server.port, 'envi'), /^Environment:/);
  assert.equal((await environment()).status, 200);
});

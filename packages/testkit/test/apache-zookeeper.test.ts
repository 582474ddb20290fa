import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApacheZooKeeper } from '../src/apache-zookeeper.ts';
import { missingDebianPackage } from '../src/debian-package.ts';
import { fourLetterWord } from '../src/four-letter-word.ts';

test('a real ZooKeeper serves, and serves again after a kill', {
  skip: await missingDebianPackage('zookeeper'),
}, async () => {
  await using zookeeper = await ApacheZooKeeper.start();
  assert.equal(await fourLetterWord(zookeeper.port, 'ruok'), 'imok');
  await zookeeper.restart();
  assert.match(await fourLetterWord(zookeeper.port, 'srvr'), /Mode: standalone/);
});

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '@mpim/testkit';
import { ZooKeeperClient } from '@mpim/zookeeper';
import { mpim, startMpim } from '../mpim.ts';

test('zookeeper --config runs on an Apache zoo.cfg and names what it does not know', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'zoo.cfg');
  const dataDir = join(folder.path, 'data');
  const lines = ['tickTime=100', 'initLimit=10', `dataDir=${dataDir}`, 'clientPort=1', 'odd=1'];
  await writeFile(file, `${lines.join('\n')}\nclientPortAddress=127.0.0.1\nmaxSessionTimeout=5000`);
  await using child = startMpim(['zookeeper', '--config', file, '--port', '0']);
  const line = await child.waitForLine(/ZooKeeper serves on/);
  assert.ok(line.includes(`data in ${dataDir}`), line);
  assert.match(child.stderr.join('\n'), /zoo\.cfg, line 5: odd is not known/);
  const connectString = /on (\S+:\d+)/.exec(line)?.[1] ?? '';
  await using client = await ZooKeeperClient.connect({ connectString });
  assert.equal(client.sessionTimeoutMs, 5000);
});

test('zookeeper --config says what is wrong with the file, and where', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'zoo.cfg');
  await writeFile(file, 'dataDir=x\ntickTime=fast\n');
  const bad = await mpim(['zookeeper', '--config', file]);
  assert.equal(bad.code, 1);
  assert.match(bad.stderr, /zoo\.cfg, line 2: tickTime: it is "fast"/);
  const absent = await mpim(['zookeeper', '--config', join(folder.path, 'absent')]);
  assert.equal(absent.code, 1);
  assert.match(absent.stderr, /Cannot read .*absent.*ENOENT/);
});

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fourLetterWord, temporaryFolder } from '@mpim/testkit';
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

test('zookeeper --config needs no line that a flag stands for', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'zoo.cfg');
  await writeFile(file, 'clientPortAddress=0.0.0.0\nmaxSessionTimeout=5000');
  const without = await mpim(['zookeeper', '--config', file, '--port', '0']);
  assert.equal(without.code, 1);
  assert.match(without.stderr, /zoo\.cfg: dataDir is missing/);
  const dataDir = join(folder.path, 'data');
  const flags = ['--data-dir', dataDir, '--port', '0', '--host', '127.0.0.1', '--tick-time', '100'];
  await using child = startMpim(['zookeeper', '--config', file, ...flags]);
  const line = await child.waitForLine(/ZooKeeper serves on 127\.0\.0\.1:/);
  assert.ok(line.includes(`data in ${dataDir}`), line);
  const connectString = /on (\S+:\d+)/.exec(line)?.[1] ?? '';
  await using client = await ZooKeeperClient.connect({ connectString, sessionTimeoutMs: 100 });
  assert.equal(client.sessionTimeoutMs, 200, 'two ticks of --tick-time');
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

test('zookeeper opens the ports that file and flags ask for, and logs sessions on demand', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'zoo.cfg');
  const lines = [
    `dataDir=${join(folder.path, 'data')}`,
    'clientPort=0',
    'clientPortAddress=127.0.0.1',
    '4lw.commands.whitelist=ruok',
    'admin.commandURL=/ask',
    'metricsProvider.className=org.apache.zookeeper.metrics.prometheus.PrometheusMetricsProvider',
    'metricsProvider.httpPort=0',
  ];
  await writeFile(file, lines.join('\n'));
  const flags = ['--admin-port', '0', '--four-letter-words', 'mntr,conf', '--log-level', 'info'];
  const more = ['--host', '127.0.0.1', '--no-inline-writes'];
  await using child = startMpim(['zookeeper', '--config', file, ...flags, ...more]);
  const serves = await child.waitForLine(/ZooKeeper serves on/);
  const commands = /(http\S+)/.exec(await child.waitForLine(/Commands on http/))?.[1] ?? '';
  const metrics = /(http\S+)/.exec(await child.waitForLine(/Metrics on http/))?.[1] ?? '';
  const connectString = /on (\S+:\d+)/.exec(serves)?.[1] ?? '';
  await using _client = await ZooKeeperClient.connect({ connectString });
  assert.match(commands, /\/ask$/, 'what no flag is about stays as the file has it');
  const monitor = await (await fetch(`${commands}/monitor`)).json();
  assert.equal((monitor as Record<string, unknown>).global_sessions, 1);
  const properties = await (await fetch(`${commands}/system_properties`)).json();
  assert.equal((properties as Record<string, unknown>)['zookeeper.fsync.inline'], 'no');
  assert.match(await (await fetch(metrics)).text(), /^readlatency_bucket\{le="\+Inf"\} \d+$/m);
  const port = Number(connectString.split(':')[1]);
  assert.match(await fourLetterWord(port, 'conf'), /^dataDir=.*\/data\/version-2$/m);
  assert.match(
    await fourLetterWord(port, 'ruok'),
    /not in the whitelist/,
    'a flag goes before the file',
  );
  await child.waitForLine(/"session opened"/);
});

test('zookeeper explains a key store it cannot read', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'zoo.cfg');
  await writeFile(
    file,
    `dataDir=${folder.path}/d\nsecureClientPort=0\nssl.keyStore.location=own.jks`,
  );
  const bad = await mpim(['zookeeper', '--config', file]);
  assert.equal(bad.code, 1);
  assert.match(bad.stderr, /own\.jks is a JKS store.*keytool -importkeystore/s);
});

test('zookeeper takes SASL users from a JAAS file', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'jaas.conf');
  const module = 'org.apache.zookeeper.server.auth.DigestLoginModule';
  await writeFile(file, `Server { ${module} required user_bob="secret"; };`);
  await using child = startMpim(['zookeeper', '--port', '0', '--jaas', file]);
  const line = await child.waitForLine(/ZooKeeper serves on/);
  const connectString = /on (\S+:\d+)/.exec(line)?.[1] ?? '';
  const sasl = { username: 'bob', password: 'secret' };
  await using client = await ZooKeeperClient.connect({ connectString, sasl });
  const acl = [{ permissions: 31, scheme: 'sasl', id: 'bob' }];
  await client.create('/bob', 'x', { acl });
  assert.equal(String((await client.get('/bob')).data), 'x');
});

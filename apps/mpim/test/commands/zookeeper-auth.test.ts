import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { ApacheZooKeeper, jaasConfig, missingDebianPackage, temporaryFolder } from '@mpim/testkit';
import { ZooKeeperClient } from '@mpim/zookeeper';
import { ZooKeeperServer } from '@mpim/zookeeper-server';
import { mpim, startMpim } from '../mpim.ts';

const PASSWORD = 'hush-hush:42';

/** A folder for identities and data. */
async function surroundings() {
  const folder = await temporaryFolder('zookeeper-auth');
  const at = (name: string) => join(folder.path, name);
  return {
    at,
    async identity(name: string, line: string): Promise<string> {
      await writeFile(at(name), `${line}\n`, { mode: 0o600 });
      return at(name);
    },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

/** Everything on one machine, with an embedded server or another one: a stranger can neither register, nor remove, nor configure. */
async function together(scheme: 'digest' | 'sasl', zookeeper: readonly string[]): Promise<void> {
  await using here = await surroundings();
  const file = await here.identity('identity', `${scheme} mpim:${PASSWORD}`);
  const data = here.at('data');
  const flag = ['--zookeeper-auth-file', file];
  await using up = startMpim([
    ...['up', '--data-dir', data, ...zookeeper, '--gateway-port', '0', ...flag],
  ]);
  const line = await up.waitForLine(/zk --server .* ls \/services$/, 100_000);
  const servers = /--server (\S+)/.exec(line)?.[1] ?? '';
  const at = ['--zookeeper', servers];

  const config = (...args: string[]) => mpim(['config', ...args]);
  const doc = ['UserServiceRpc', '{"limit":1}'];
  const early = await config(...at, 'set', ...doc);
  assert.equal(early.code, 1);
  assert.match(early.stderr, /Insufficient permission.*--zookeeper-auth-file/);
  const written = await config(...at, ...flag, 'set', ...doc);
  assert.equal(written.code, 0, written.stderr);
  const [changed, read, listed, check, doctor] = await Promise.all([
    config(...at, 'set', 'UserServiceRpc', '{"limit":9}'),
    config(...at, 'get', 'UserServiceRpc'),
    mpim(['services', ...at, '--json']),
    mpim(['access', ...at, ...flag, '--json', 'check']),
    mpim(['doctor', ...at, ...flag, '--json']),
  ]);
  assert.match(doctor.stdout, /"access","good":true/);
  assert.match(changed.stderr, /Insufficient permission: \/config\/services\/UserServiceRpc/);
  assert.match(read.stdout, /"limit":1/);
  const [instance] = JSON.parse(listed.stdout).UserServiceRpc;
  assert.equal(check.code, 0, check.stderr);
  const nodes = check.stdout.split('\n').map((text) => JSON.parse(text));
  assert.ok(nodes.every(({ access }) => access === 'as-wanted'));
  const node = `/services/UserServiceRpc/${instance.id}`;
  for (const path of [node, '/config/services/UserServiceRpc', '/UserServiceRpc/Login']) {
    assert.ok(
      nodes.some((each) => each.path === path),
      path,
    );
  }

  await using stranger = await ZooKeeperClient.connect({ connectString: servers });
  for (const { path } of nodes) {
    assert.ok(!String((await stranger.get(path)).data).includes('hush-hush'), path);
  }
  const denied = { code: 'NO_AUTH' };
  await assert.rejects(stranger.create('/services/UserServiceRpc/evil', '{}'), denied);
  await assert.rejects(stranger.create('/services/EvilServiceRpc', '{}'), denied);
  await assert.rejects(stranger.set(node, '{}'), denied);
  await assert.rejects(stranger.delete(node), denied);
  await assert.rejects(stranger.delete('/config/services/UserServiceRpc'), denied);
  assert.ok(await stranger.exists(node));

  // Neither a command line nor an environment nor a log has the password.
  for (const log of await readdir(join(data, 'logs'))) {
    assert.doesNotMatch(await readFile(join(data, 'logs', log), 'utf8'), /hush-hush/, log);
  }
  const children = (await readFile(`/proc/${up.pid}/task/${up.pid}/children`, 'utf8')).split(' ');
  assert.ok(children.length >= 5);
  for (const pid of children.filter((each) => each !== '')) {
    for (const what of ['cmdline', 'environ']) {
      assert.doesNotMatch(await readFile(`/proc/${pid}/${what}`, 'utf8'), /hush-hush/, what);
    }
  }
  up.kill('SIGINT');
  assert.equal(await up.exit, 0, up.output());
}

test('mpim up with an identity and the embedded server', () =>
  together('digest', ['--zookeeper-port', '0']));

test('mpim up refuses identities that cannot work, before anything starts', async () => {
  await using here = await surroundings();
  const up = (file: string) =>
    mpim(['up', '--data-dir', `${file}-data`, '--zookeeper-auth-file', file]);
  const [sasl, bad, missing] = await Promise.all([
    up(await here.identity('sasl', `sasl mpim:${PASSWORD}`)),
    up(await here.identity('bad', `mpim:${PASSWORD}`)),
    up(here.at('none')),
  ]);
  assert.equal(sasl.code, 2);
  assert.match(sasl.stderr, /no SASL users: write digest instead of sasl in .*sasl/);
  assert.match(bad.stderr, /bad:1 is no identity/);
  assert.match(missing.stderr, /ENOENT.*none.*--zookeeper-auth-file/);
  for (const { stderr } of [sasl, bad, missing]) assert.doesNotMatch(stderr, /hush-hush/);
});

/** Services one by one, as in production. */
async function production(servers: string, sasl: boolean): Promise<void> {
  await using here = await surroundings();
  const scheme = sasl ? 'sasl' : 'digest';
  const file = await here.identity('right', `${scheme} mpim:${PASSWORD}`);
  const wrong = await here.identity('wrong', `${scheme} mpim:guess`);
  const serve = (name: string, ...flags: string[]) =>
    startMpim(['serve', 'user', '--zookeeper', servers, '--data-dir', here.at(name), ...flags]);
  const access = (...args: string[]) =>
    mpim(['access', '--zookeeper', servers, '--zookeeper-auth-file', file, ...args]);

  // From nodes open to everybody to such that only the services may change, without a pause.
  await using old = serve('old');
  await old.waitForLine(/"registered"/, 60_000);
  await using fresh = serve('new', '--zookeeper-auth-file', file);
  await fresh.waitForLine(/anybody can change these nodes.*mpim access close/, 60_000);
  const before = await access('check');
  assert.equal(before.code, 1);
  assert.match(before.stdout, /^OPEN {3}\/services$/m);
  assert.match(before.stdout, /^closed \/services\/UserServiceRpc\/user-/m);
  assert.match(before.stderr, /nodes can be changed by everybody.*mpim access close/);
  const closed = await access('close');
  assert.equal(closed.code, 0, closed.stderr);
  assert.match(closed.stdout, /^changed \/services$/m);
  const after = await access('check');
  assert.equal(after.code, 0, after.stdout);
  const listed = await mpim(['services', '--zookeeper', servers, '--json']);
  assert.equal(JSON.parse(listed.stdout).UserServiceRpc.length, 2);

  // Who comes with another identity, or none, ends, and says why.
  await using guess = serve('guess', '--zookeeper-auth-file', wrong);
  await using nobody = serve('nobody');
  assert.equal(await guess.exit, 1, guess.output());
  const refused = sasl
    ? /mpim: ZooKeeper at .* refuses an identity in .*wrong .*Mend the file/
    : /mpim: ZooKeeper at .* does not let the identities in .*wrong change \/services/;
  assert.match(guess.stderr.join('\n'), refused);
  assert.ok(!guess.output().includes('mpim:guess'));
  assert.equal(await nobody.exit, 1, nobody.output());
  assert.match(nobody.stderr.join('\n'), /lets only an identity change .*--zookeeper-auth-file/);

  // A successor of the one that was there without an identity is registered with one.
  old.kill('SIGTERM');
  await old.exit;
  await using next = serve('next', '--zookeeper-auth-file', file);
  await next.waitForLine(/"registered"/, 60_000);
  for (const child of [fresh, next]) {
    child.kill('SIGTERM');
    assert.equal(await child.exit, 0, child.output());
    assert.ok(!child.output().includes('hush-hush'));
  }
}

describe('services with identities', { concurrency: 2 }, async () => {
  test('digest, embedded server, and a chroot', async () => {
    await using server = await ZooKeeperServer.start();
    await production(`${server.connectString}/mpim`, false);
  });
  test('SASL, embedded server', async () => {
    await using server = await ZooKeeperServer.start({ saslUsers: { mpim: PASSWORD } });
    await production(server.connectString, true);
  });
});

const skip = await missingDebianPackage('zookeeper');

test('services with identities and Apache ZooKeeper', { skip: skip ?? false }, async () => {
  await using folder = await temporaryFolder('apache-auth');
  const jaas = join(folder.path, 'jaas.conf');
  await writeFile(jaas, jaasConfig({ mpim: PASSWORD }));
  const server = await ApacheZooKeeper.start(
    { 'authProvider.sasl': 'org.apache.zookeeper.server.auth.SASLAuthenticationProvider' },
    ['-Xmx256m', `-Djava.security.auth.login.config=${jaas}`],
  );
  try {
    const up = `${server.connectString}/up`;
    await together('sasl', ['--zookeeper', up]);
    await using here = await surroundings();
    const wrong = await here.identity('wrong', 'sasl mpim:guess');
    const args = ['up', '--data-dir', here.at('data'), '--zookeeper', up];
    const refused = await mpim([...args, '--zookeeper-auth-file', wrong]);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /refuses an identity in .*wrong /);
    await production(`${server.connectString}/digest`, false);
    await production(`${server.connectString}/sasl`, true);
  } finally {
    await server.stop();
  }
});

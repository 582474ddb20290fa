import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { Authority, temporaryFolder } from '@mpim/testkit';
import { ZooKeeperServer } from '@mpim/zookeeper-server';
import { startMpim } from '../mpim.ts';

test('mpim zk speaks TLS with a certificate, and proves who it is by SASL', async () => {
  await using folder = await temporaryFolder();
  const authority = new Authority('zk');
  const { cert, key } = authority.issue('client');
  const path = (name: string) => join(folder.path, name);
  const write = async (name: string, text: string) => {
    await writeFile(path(name), text, { mode: 0o600 });
    return path(name);
  };
  await using server = await ZooKeeperServer.start({ saslUsers: { bob: 'secret:with colon' } });
  const door = await server.listen({ tls: { ...authority.issue('server'), ca: authority.ca } });

  const zk = async (env: Record<string, string>, ...args: string[]) => {
    await using child = startMpim(['zk', '--server', `127.0.0.1:${door.port}`, ...args], { env });
    return { code: await child.exit, output: child.output() };
  };
  const tls = {
    MPIM_ZOOKEEPER_TLS_CA: await write('ca.pem', authority.ca),
    MPIM_ZOOKEEPER_TLS_CERT: await write('cert.pem', cert),
    MPIM_ZOOKEEPER_TLS_KEY: await write('key.pem', key),
  };
  const as = (file: string) => ({ ...tls, MPIM_ZOOKEEPER_AUTH_FILE: file });
  const bob = as(await write('bob', 'sasl bob:secret:with colon\n'));
  const created = await zk(bob, 'create', '/bob', 'mine', 'sasl:bob:cdrwa');
  assert.equal(created.code, 0, created.output);
  const flag = ['--zookeeper-auth-file', path('bob')];
  assert.equal((await zk(tls, ...flag, 'get', '/bob')).output, 'mine');
  const stranger = await zk(as(await write('ann', 'digest ann:secret')), 'get', '/bob');
  assert.equal(stranger.code, 1);
  assert.match(stranger.output, /Insufficient permission.*identities in .*ann do/);
  const nobody = await zk(tls, 'get', '/bob');
  assert.match(nobody.output, /Insufficient permission.*--zookeeper-auth-file/);
  const wrong = await zk(as(await write('wrong', 'sasl bob:guess')), 'get', '/bob');
  assert.equal(wrong.code, 1);
  assert.match(wrong.output, /refuses an identity in .*wrong .*SASL user bob/);
  assert.doesNotMatch(wrong.output, /guess/);
  const unreadable = await zk(as(await write('bad', '\nbob:secret')), 'get', '/bob');
  assert.match(unreadable.output, /bad:2 is no identity/);
  const plain = await zk({}, 'get', '/bob');
  assert.match(plain.output, /No ZooKeeper answers.*TLS/s);
});
